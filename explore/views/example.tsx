import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { RemoteEngine } from '../engine/messages.ts';
import { setState, state } from '../router.ts';
import { Chain } from '../ui/boxFigure.tsx';
import { Prose } from '../ui/equation.tsx';
import { NumberField } from '../ui/numberField.tsx';
import { Stage } from '../ui/stage.tsx';
import { ExampleRun } from './example/run.ts';
import { Updates } from './example/updates.tsx';
import { ETA_RULE, etaIn, FIRST, STEPS, stepIn, UPDATE, wordsAt } from './example/steps.ts';

/**
 * The view of the lecture's worked example, step by step. The address holds the step, η, and the
 * numbers that the reader has changed, so these three make every number of the view.
 */
export function ExampleView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const run = useMemo(() => new ExampleRun(engine), [engine]);
  const { session } = run;
  useEffect(() => run.open(), [run]);
  const step = stepIn(state.value);
  const at = Math.min(STEPS.length - 1, step);
  const snapshot = session.snapshot.value;
  const { value: history } = run.history;
  const after = history[1] ?? (history.length > 0 ? snapshot : run.preview.value);
  const before = history[0] ?? snapshot;
  return (
    <>
      <div class="lead">
        <h1>The worked example</h1>
        <p>
          {snapshot && (
            <Prose
              text={wordsAt(at, {
                target: snapshot.cost?.target.values[0] ?? NaN,
                loss: snapshot.loss,
                lossBefore: history.at(-1)?.loss ?? snapshot.loss,
              })}
            />
          )}
        </p>
      </div>
      <div class="toolbar" role="group" aria-label="steps of the example">
        <ol class="steps">
          {STEPS.map((name, i) => (
            <li key={name}>
              <button
                type="button"
                class={i === at ? 'now' : i < at ? 'done' : ''}
                aria-current={i === at && 'step'}
                onClick={() => run.goTo(() => i)}
              >
                {name}
              </button>
            </li>
          ))}
        </ol>
        <button type="button" onClick={() => run.goTo((from) => from - 1)} disabled={step <= 0}>
          Back
        </button>
        <button type="button" class="primary" onClick={() => run.goTo((from) => from + 1)}>
          {at > UPDATE ? 'Another step' : 'Next'}
        </button>
        <NumberField
          label="η"
          step={0.05}
          value={etaIn(state.value)}
          rule={ETA_RULE}
          because="The lecture writes w ← w + η ∂C/∂w, so a step down has η below 0"
          onValue={(next) => {
            setState({ eta: String(next) });
            run.goTo((from) => from);
          }}
        />
        <button type="button" onClick={() => run.restart()}>
          Start again
        </button>
      </div>
      <Stage session={session} kind="chain-stage">
        {snapshot && (
          <Chain
            session={session}
            snapshot={snapshot}
            shown={{ forward: at !== 0, backward: at >= FIRST }}
          />
        )}
      </Stage>
      {step >= UPDATE && before && after && (
        <Updates before={before} after={after} isOfSlide={run.isOfSlide()} />
      )}
    </>
  );
}
