import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { digits } from '../digits.ts';
import type { DigitSprites } from '../plugins/sprite.ts';
import type { RemoteEngine } from '../engine/messages.ts';
import { addressOf, setState, state, view } from '../router.ts';
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
  const { lab, digit } = labOfPage();
  const at = address();
  useEffect(() => void resume(sprites), [lab]);
  useEffect(() => {
    // This view is still shown while the next one loads, and the state is then that of the next
    // one.
    if (view.value === 'live') remembered = state.value;
  }, [state.value]);
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

/** The one training of the page. It goes on while another view is open. */
let ofPage: { readonly lab: Lab; readonly digit: LiveDigit } | undefined;
/** The state of the view when it was last open. */
let remembered: URLSearchParams | undefined;

function labOfPage() {
  if (ofPage === undefined) {
    const lab = new Lab();
    ofPage = { lab, digit: new LiveDigit(lab) };
  }
  return ofPage;
}

/**
 * Continues the training that the reader left. Begins a new one if there is none, or if the address
 * names another seed or other weights. An address without a state gets that of the training.
 */
async function resume(sprites: DigitSprites): Promise<void> {
  const { lab, digit } = labOfPage();
  const before = remembered;
  if (before !== undefined && state.value.size === 0) {
    setState(Object.fromEntries(before));
    return;
  }
  if (before !== undefined && lab.mode.value === 'loading') return;
  const at = address();
  const settings = { learningRate: at.rate, batchSize: at.batch };
  const isSame = (key: string) => before?.get(key) === state.value.get(key);
  if (before === undefined) await lab.open(sprites, at.seed, settings);
  else if (isSame('seed') && isSame('weights')) await lab.set(settings);
  else await lab.restart(at.seed, settings);
  if (at.weights !== undefined && !isSame('weights')) await lab.fetchWeights(at.weights);
  if (before === undefined || !isSame('digit')) await digit.choose(at.digit);
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
