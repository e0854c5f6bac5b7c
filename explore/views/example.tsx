import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { RemoteEngine } from '../engine/messages.ts';
import type { Snapshot } from '../engine/microscope.ts';
import { SLIDE } from '../../models/slideOfExample.ts';
import { setState, state } from '../router.ts';
import { Session } from '../session.ts';
import { Chain } from '../ui/boxFigure.tsx';
import { Prose } from '../ui/equation.tsx';
import { format } from '../ui/format.ts';
import { Stage } from '../ui/stage.tsx';

/** The steps of the example, in the order of the lecture. */
const STEPS = ['the input', 'forward', 'backward', 'update', 'forward again'] as const;

const WORDS: readonly string[] = [
  'Two inputs, two tanh nodes, one linear node. The target is 0.5.',
  'Each box computes its output from its input. The cost is half the squared distance to the target.',
  'Each box gets ∂C/∂x_out, and sends back ∂C/∂x_in. The boxes with weights also compute ∂C/∂w.',
  'Each weight makes one step, w ← w + η ∂C/∂w, with η below 0.',
  'With the new weights the cost is smaller. You can go on: every further step is one more update.',
];

/** The steps taken when the page opens: forward and backward are done. */
const FIRST = 2;
/** The last step, because the address may hold any number. */
const MOST = 100;

/**
 * The number of updates that have been made after so many steps; each step after the last is one.
 */
function updatesAt(step: number): number {
  return step < 3 ? 0 : Math.max(1, step - 3);
}

/** The view of the lecture's worked example, step by step. The address holds the step and η. */
export function ExampleView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const { session, history, moves } = useMemo(
    () => ({
      session: new Session(engine, 'example'),
      /** The snapshots before each update. */
      history: signal<readonly Snapshot[]>([]),
      /** The last move; a click may come while an earlier one is still being computed. */
      moves: { last: Promise.resolve() },
    }),
    [engine],
  );
  const step = stepIn();
  const at = Math.min(4, step);
  const eta = numberIn('eta', -0.2);
  /** Makes or takes back updates until the numbers are those of a step. */
  const goTo = async (next: number) => {
    while (history.value.length > updatesAt(next)) {
      await session.restore(history.value[history.value.length - 1]);
      history.value = history.value.slice(0, -1);
    }
    while (history.value.length < updatesAt(next)) {
      const { value: before } = session.snapshot;
      if (before === undefined) return;
      await session.step(-eta);
      history.value = [...history.value, before];
    }
    setState({ step: next === FIRST ? undefined : String(next) });
  };
  const move = (by: number) => {
    moves.last = moves.last.then(() => goTo(stepIn() + by));
  };
  useEffect(() => {
    void session.open({ kind: 'example' }).then(() => goTo(step));
    return () => void session.close();
    // The address is read once; later it follows the steps.
  }, [session]);
  const restart = async () => {
    history.value = [];
    setState({ step: '0', eta: undefined });
    await session.open({ kind: 'example' });
  };
  const snapshot = session.snapshot.value;
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
        <button type="button" onClick={() => move(-1)} disabled={step <= 0}>
          Back
        </button>
        <button type="button" class="primary" onClick={() => move(1)}>
          {at === 4 ? 'Another step' : 'Next'}
        </button>
        <label>
          η
          <input
            type="number"
            step="0.05"
            value={eta}
            onInput={({ currentTarget: { valueAsNumber } }) => {
              if (Number.isFinite(valueAsNumber)) setState({ eta: String(valueAsNumber) });
            }}
          />
        </label>
        <button type="button" onClick={() => void restart()}>
          Start again
        </button>
      </div>
      <Stage session={session}>
        {snapshot && (
          <Chain
            session={session}
            snapshot={snapshot}
            shown={{ forward: at !== 0, backward: at >= 2 }}
            weightNames={(box) => SLIDE[box].map(([name]) => name)}
          />
        )}
      </Stage>
      {snapshot && history.value.length > 0 && <Updates history={history.value} now={snapshot} />}
    </>
  );
}

/** Reads the step of the address. */
function stepIn(): number {
  return Math.min(MOST, Math.max(0, Math.trunc(numberIn('step', FIRST))));
}

/** Reads a number of the address. */
function numberIn(key: string, byDefault: number): number {
  const text = state.value.get(key);
  const value = Number(text);
  return text !== null && Number.isFinite(value) ? value : byDefault;
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
