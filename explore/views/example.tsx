import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { RemoteEngine } from '../engine/messages.ts';
import type { Snapshot } from '../engine/microscope.ts';
import { SLIDE } from '../../models/slideOfExample.ts';
import { Session } from '../session.ts';
import { Chain } from '../ui/boxFigure.tsx';
import { Prose } from '../ui/equation.tsx';
import { format } from '../ui/format.ts';
import { Inspector } from '../ui/inspector.tsx';

/** The steps of the example, in the order of the lecture. */
const STEPS = ['the input', 'forward', 'backward', 'update', 'forward again'] as const;

const WORDS: readonly string[] = [
  'Two inputs, two tanh nodes, one linear node. The target is 0.5.',
  'Each box computes its output from its input. The cost is half the squared distance to the target.',
  'Each box gets ∂C/∂x_out, and sends back ∂C/∂x_in. The boxes with weights also compute ∂C/∂w.',
  'Each weight makes one step, w ← w + η ∂C/∂w, with η below 0.',
  'With the new weights the cost is smaller. You can go on: every further step is one more update.',
];

/** The view of the lecture's worked example, step by step. */
export function ExampleView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const { session, step, eta, history } = useMemo(
    () => ({
      session: new Session(engine, 'example'),
      step: signal(2),
      eta: signal(-0.2),
      /** The snapshots before each update. */
      history: signal<readonly Snapshot[]>([]),
    }),
    [engine],
  );
  useEffect(() => {
    void session.open({ kind: 'example' });
    return () => void session.close();
  }, [session]);
  const snapshot = session.snapshot.value;
  const at = step.value;
  const update = async () => {
    const { value: before } = session.snapshot;
    if (before === undefined) return;
    await session.step(-eta.value);
    history.value = [...history.value, before];
  };
  const next = async () => {
    if (at === 2 || at === 4) await update();
    step.value = at === 4 ? 4 : at + 1;
  };
  const back = async () => {
    const last = history.value.at(-1);
    if ((at === 3 || at === 4) && last !== undefined) {
      if (at === 3 || history.value.length > 1) {
        await session.restore(last);
        history.value = history.value.slice(0, -1);
      }
    }
    step.value = at === 4 && history.value.length > 0 && last ? at : Math.max(0, at - 1);
  };
  const restart = async () => {
    const [first] = history.value;
    if (first) await session.restore(first);
    history.value = [];
    step.value = 0;
    await session.open({ kind: 'example' });
  };
  return (
    <>
      <div class="lead">
        <h1>The worked example</h1>
        <p>
          <Prose text={WORDS[at]} />
        </p>
      </div>
      <div class="toolbar" role="group" aria-label="steps of the example">
        <ol class="steps">
          {STEPS.map((name, i) => (
            <li
              key={name}
              class={i === at ? 'now' : i < at ? 'done' : ''}
              aria-current={i === at && 'step'}
            >
              {name}
            </li>
          ))}
        </ol>
        <button type="button" onClick={() => void back()} disabled={at === 0}>
          Back
        </button>
        <button type="button" class="primary" onClick={() => void next()}>
          {at === 4 ? 'Another step' : 'Next'}
        </button>
        <label>
          η
          <input
            type="number"
            step="0.05"
            value={eta.value}
            onInput={({ currentTarget: { valueAsNumber } }) => {
              if (Number.isFinite(valueAsNumber)) eta.value = valueAsNumber;
            }}
          />
        </label>
        <button type="button" onClick={() => void restart()}>
          Start again
        </button>
      </div>
      {session.error.value && (
        <p class="error" role="alert">
          {session.error.value}
        </p>
      )}
      <div class="stage">
        <div class="figure">
          {snapshot && (
            <Chain
              session={session}
              snapshot={snapshot}
              shown={{ forward: at !== 0, backward: at >= 2 }}
              weightNames={(box) => SLIDE[box].map(([name]) => name)}
            />
          )}
        </div>
        <Inspector session={session} />
      </div>
      {snapshot && history.value.length > 0 && <Updates history={history.value} now={snapshot} />}
    </>
  );
}

/** The weights before and after the first update, beside the slide's rounded numbers. */
function Updates({
  history: [first, second],
  now,
}: {
  readonly history: readonly Snapshot[];
  readonly now: Snapshot;
}) {
  const after = second ?? now;
  return (
    <section class="updates">
      <h2>The first update</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">weight</th>
            <th scope="col">before</th>
            <th scope="col">∂C/∂w</th>
            <th scope="col">after</th>
            <th scope="col">on the slide</th>
          </tr>
        </thead>
        <tbody>
          {SLIDE.flatMap((names, box) =>
            names.map(([name, slide], k) => {
              const { params, gradParams } = first.boxes[box];
              return (
                <tr key={name}>
                  <th scope="row">
                    w<sub>{name.slice(1)}</sub>
                  </th>
                  <td>{format(params.weight.values[k], 7)}</td>
                  <td>{format(gradParams.weight.values[k], 7)}</td>
                  <td>{format(after.boxes[box].params.weight.values[k], 7)}</td>
                  <td>{slide}</td>
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
      <p>
        The cost was {format(first.loss, 7)} and is {format(after.loss, 7)}.
      </p>
    </section>
  );
}
