import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { digits } from '../digits.ts';
import type { DigitSprites } from '../plugins/sprite.ts';
import type { RemoteEngine } from '../engine/messages.ts';
import { addressOf, state } from '../router.ts';
import { Alert } from '../ui/alert.tsx';
import { address, PARTS, type Part } from './live/address.ts';
import { Controls } from './live/controls.tsx';
import { DigitPart } from './live/digitPart.tsx';
import { InsidePart } from './live/insidePart.tsx';
import { Lab } from './live/lab.ts';
import { LiveDigit } from './live/liveDigit.ts';
import { TrainingPart } from './live/trainingPart.tsx';
import { VerdictPart } from './live/verdictPart.tsx';

/** The view of a network that learns in the page. */
export function LiveView({ engine }: { readonly engine: RemoteEngine }): JSX.Element {
  if ('problem' in digits) return <WithoutDigits problem={digits.problem} />;
  return <Live engine={engine} sprites={digits} />;
}

function Live({
  engine,
  sprites,
}: {
  readonly engine: RemoteEngine;
  readonly sprites: DigitSprites;
}) {
  const { lab, digit } = useMemo(() => {
    const made = new Lab();
    return { lab: made, digit: new LiveDigit(made) };
  }, []);
  const at = address();
  useEffect(() => {
    void lab
      .open(sprites, at.seed, { learningRate: at.rate, batchSize: at.batch })
      .then(() => (at.weights === undefined ? undefined : lab.fetchWeights(at.weights)))
      .then(() => digit.choose(at.digit));
    return () => lab.close();
  }, [lab]);
  return (
    <>
      <div class="lead">
        <h1>A network that learns</h1>
        <p>
          LeNet reads {sprites.train.labels.length.toLocaleString('en')} handwritten digits, here in
          your browser. Start it, then look inside while it learns.
        </p>
      </div>
      <Controls lab={lab} />
      <Alert text={lab.error.value} />
      <nav class="parts" aria-label="parts of this view">
        {(Object.keys(PARTS) as Part[]).map((part) => (
          <a
            key={part}
            href={addressOf('live', { ...Object.fromEntries(state.value), part })}
            aria-current={part === at.part && 'page'}
          >
            {PARTS[part]}
          </a>
        ))}
      </nav>
      {at.part === 'training' && <TrainingPart lab={lab} />}
      {at.part === 'digit' && <DigitPart lab={lab} digit={digit} sprites={sprites} />}
      {at.part === 'inside' && <InsidePart engine={engine} lab={lab} digit={digit} />}
      {at.part === 'verdict' && <VerdictPart lab={lab} />}
    </>
  );
}

function WithoutDigits({ problem }: { readonly problem: string }) {
  return (
    <div class="lead">
      <h1>A network that learns</h1>
      <p>This page was built without the digits that the network learns from.</p>
      <p class="error">{problem}</p>
    </div>
  );
}
