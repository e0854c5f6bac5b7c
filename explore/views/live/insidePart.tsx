import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { RemoteEngine } from '../../engine/messages.ts';
import { addressOf, state } from '../../router.ts';
import { Chain } from '../../ui/boxFigure.tsx';
import { Stage } from '../../ui/stage.tsx';
import { address } from './address.ts';
import { BOXES } from './boxes.ts';
import { Inside } from './inside.ts';
import type { Lab } from './lab.ts';
import type { LiveDigit } from './liveDigit.ts';

interface Props {
  readonly engine: RemoteEngine;
  readonly lab: Lab;
  readonly digit: LiveDigit;
}

/** One box of the network with its three arrows, at the current weights. */
export function InsidePart({ engine, lab, digit }: Props): JSX.Element {
  const inside = useMemo(() => new Inside(engine, lab, digit), [engine, lab, digit]);
  const { session } = inside;
  const ready = lab.mode.value !== 'loading';
  useEffect(() => {
    lab.afterStep = () => inside.refresh();
    return () => {
      lab.afterStep = () => Promise.resolve();
      void session.close();
    };
  }, [inside]);
  useEffect(() => {
    if (ready) void inside.refresh();
  }, [inside, ready, digit.shown.value, lab.version.value]);
  const { value: snapshot } = session.snapshot;
  const { box } = address();
  const { value: step } = inside.step;
  return (
    <>
      <nav class="boxes" aria-label="boxes of the network">
        {BOXES.map((name, k) => (
          <a
            key={name}
            href={addressOf('live', { ...Object.fromEntries(state.value), box: String(k) })}
            aria-current={k === box && 'true'}
          >
            {name}
          </a>
        ))}
      </nav>
      <p class="hint when">
        {step === undefined ? (
          'Computing in double precision'
        ) : (
          <>
            After {step.toLocaleString('en')} steps, at a {digit.label}, in double precision.{' '}
            {lab.mode.value === 'running' && (
              <button type="button" onClick={() => void inside.refresh()}>
                Look again
              </button>
            )}
          </>
        )}
      </p>
      <Stage session={session} kind="inside">
        {snapshot && <Chain session={session} snapshot={snapshot} range={[box, box]} />}
      </Stage>
    </>
  );
}
