import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { RemoteEngine } from '../engine/messages.ts';
import { addressOf, state } from '../router.ts';
import { Session } from '../session.ts';
import { Chain } from '../ui/boxFigure.tsx';
import { Equation, Prose } from '../ui/equation.tsx';
import { format } from '../ui/format.ts';
import { Stage } from '../ui/stage.tsx';
import { STOPS, type Stop } from './tourStops.ts';

/**
 * The tour along the lecture: at each stop the reader predicts the sign of a number, then looks.
 */
export function TourView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const session = useMemo(() => new Session(engine, 'tour'), [engine]);
  const guess = useMemo(() => signal<number | undefined>(undefined), []);
  const at = Math.min(STOPS.length, Math.max(1, Number(state.value.get('stop') ?? 1) || 1)) - 1;
  const stop = STOPS[at];
  useEffect(() => {
    guess.value = undefined;
    void session.open(stop.subject);
  }, [session, stop, guess]);
  useEffect(() => () => void session.close(), [session]);
  const snapshot = session.snapshot.value;
  return (
    <>
      <div class="lead tour">
        <p class="count">
          Stop {at + 1} of {STOPS.length}
        </p>
        <h1>{stop.title}</h1>
        {stop.text.map((paragraph) => (
          <p key={paragraph}>
            <Prose text={paragraph} />
          </p>
        ))}
        <Question key={stop.title} session={session} stop={stop} guess={guess} />
        <p class="stops">
          {at > 0 && <a href={addressOf('tour', { stop: String(at) })}>Back</a>}
          {at + 1 < STOPS.length && (
            <a href={addressOf('tour', { stop: String(at + 2) })}>Next: {STOPS[at + 1].title}</a>
          )}
        </p>
      </div>
      <Stage session={session}>
        {snapshot && (
          <Chain
            session={session}
            snapshot={snapshot}
            shown={{ forward: true, backward: guess.value !== undefined }}
          />
        )}
      </Stage>
    </>
  );
}

const SIGNS = [
  [-1, 'negative'],
  [0, 'zero'],
  [1, 'positive'],
] as const;

/** The question of a stop. The answer is the number in the figure, which is selected then. */
function Question({
  session,
  stop: { ask, lesson, next },
  guess,
}: {
  readonly session: Session;
  readonly stop: Stop;
  readonly guess: { value: number | undefined };
}): JSX.Element {
  const answer = session.inspection.value?.value;
  const answered = guess.value !== undefined && answer !== undefined;
  return (
    <fieldset class="question">
      <legend>
        Predict the sign of <Equation text={ask.name} />, then look
      </legend>
      {SIGNS.map(([sign, word]) => (
        <button
          key={word}
          type="button"
          aria-pressed={guess.value === sign}
          disabled={guess.value !== undefined}
          onClick={() => {
            guess.value = sign;
            void session.select(ask.ref);
          }}
        >
          {word}
        </button>
      ))}
      <div aria-live="polite">
        {answered && (
          <p class={Math.sign(answer) === guess.value ? 'answer right' : 'answer'}>
            {Math.sign(answer) === guess.value ? 'Yes' : 'No'}: it is {format(answer)}.{' '}
            <Prose text={lesson} />{' '}
            {next && <a href={addressOf(next.view, next.state)}>{next.words}</a>}
          </p>
        )}
      </div>
    </fieldset>
  );
}
