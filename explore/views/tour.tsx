import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { signal } from '@preact/signals';
import type { RemoteEngine } from '../engine/messages.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { valueAt } from '../engine/valueAt.ts';
import { addressOf, state } from '../router.ts';
import { Session } from '../session.ts';
import { Chain } from '../ui/boxFigure.tsx';
import { Equation, Prose } from '../ui/equation.tsx';
import { format } from '../ui/format.ts';
import { nameOf } from '../ui/names.ts';
import { Stage } from '../ui/stage.tsx';
import { askedBy, STOPS, textOf, type Stop } from './tourStops.ts';

/**
 * The tour along the lecture: at each stop the reader predicts the sign of a number, then looks.
 */
export function TourView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  const session = useMemo(() => new Session(engine, 'tour'), [engine]);
  const guess = useMemo(() => signal<Guess | undefined>(undefined), []);
  const at = Math.min(STOPS.length, Math.max(1, Number(state.value.get('stop') ?? 1) || 1)) - 1;
  const stop = STOPS[at];
  useEffect(() => {
    guess.value = undefined;
    void session.open(stop.subject);
  }, [session, stop, guess]);
  useEffect(() => () => void session.close(), [session]);
  // Until the worker has opened this stop, the numbers are those of an earlier one.
  const snapshot = session.subject.value === stop.subject ? session.snapshot.value : undefined;
  return (
    <>
      <div class="lead tour">
        <p class="count">
          Stop {at + 1} of {STOPS.length}
        </p>
        <h1>{stop.title}</h1>
        {stop.text.map((paragraph, i) => (
          <p key={i}>{snapshot && <Prose text={textOf(paragraph, snapshot)} />}</p>
        ))}
        {snapshot && (
          <Question
            key={stop.title}
            session={session}
            snapshot={snapshot}
            stop={stop}
            guess={guess}
          />
        )}
        <p class="stops">
          {at > 0 && <a href={addressOf('tour', { stop: String(at) })}>Back</a>}
          {at + 1 < STOPS.length && (
            <a href={addressOf('tour', { stop: String(at + 2) })}>Next: {STOPS[at + 1].title}</a>
          )}
        </p>
      </div>
      <Stage session={session} kind="chain-stage">
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

/** The sign that the reader has predicted, and the number at that time. */
interface Guess {
  readonly sign: number;
  readonly answer: number;
}

/**
 * The question of a stop: the reader guesses the sign of a number. After the guess, the number is
 * selected in the figure and shown as the answer.
 */
function Question({
  session,
  snapshot,
  stop,
  guess,
}: {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly stop: Stop;
  readonly guess: { value: Guess | undefined };
}): JSX.Element {
  const { lesson, next } = stop;
  const ref = askedBy(stop, snapshot);
  const { value: made } = guess;
  const right = made !== undefined && Math.sign(made.answer) === made.sign;
  const now = valueAt(snapshot, ref);
  return (
    <fieldset class="question">
      <legend>
        Predict the sign of <Equation text={nameOf(ref, snapshot)} />, then look
      </legend>
      {SIGNS.map(([sign, word]) => (
        <button
          key={word}
          type="button"
          aria-pressed={made?.sign === sign}
          disabled={made !== undefined}
          onClick={() => {
            guess.value = { sign, answer: now };
            void session.select(ref);
          }}
        >
          {word}
        </button>
      ))}
      <div aria-live="polite">
        {made !== undefined && (
          <p class={right ? 'answer right' : 'answer'}>
            {right ? 'Yes' : 'No'}: it is {format(made.answer)}
            {now !== made.answer && `; with your numbers it is ${format(now)}`}.{' '}
            <Prose text={textOf(lesson, snapshot)} />{' '}
            {next && <a href={addressOf(next.view, next.state)}>{next.words}</a>}
          </p>
        )}
      </div>
    </fieldset>
  );
}
