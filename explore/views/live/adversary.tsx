import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AdversarialTry } from '../../../inspect/closestAdversarial.ts';
import type { Answer } from '../../engine/live/analyse.ts';
import { Choice } from '../../ui/choice.tsx';
import { format } from '../../ui/format.ts';
import { Raster } from '../../ui/raster.tsx';
import type { Lab } from './lab.ts';
import type { LiveDigit } from './liveDigit.ts';
import { SIDE } from './pixels.ts';
import { Scores } from './scores.tsx';

/** Changes an image as little as possible, so that the network takes it for another digit. */
export function Adversary({
  lab,
  digit,
  answer,
}: {
  readonly lab: Lab;
  readonly digit: LiveDigit;
  readonly answer: Answer;
}): JSX.Element {
  const [target, setTarget] = useState(3);
  const { value: found } = digit.adversarial;
  const { pixels } = digit.shown.value;
  const isSame = answer.digit === target;
  return (
    <section class="adversary">
      <h2>Fool it</h2>
      <div class="toolbar">
        <Choice
          label="make it a"
          value={String(target)}
          choices={answer.scores.map((_, k) => String(k))}
          onChoice={(next) => setTarget(Number(next))}
        />
        <button
          type="button"
          disabled={found === 'searching' || isSame}
          onClick={() => void digit.makeIt(target)}
        >
          Change as little as possible
        </button>
        {found === 'searching' && (
          <button type="button" onClick={() => void digit.stop()}>
            Stop
          </button>
        )}
      </div>
      {found === 'searching' && <Searching tried={lab.search.value} />}
      <div aria-live="polite">
        {isSame && <p class="hint">It says {target} already; choose another digit.</p>}
        {found === 'none' && <p class="hint">No image nearby is a {target} to this network.</p>}
        {typeof found === 'object' && (
          <div class="maps">
            <figure>
              <Raster
                rows={SIDE}
                columns={SIDE}
                values={found.pixels}
                scale="grey"
                width={168}
                label={`the changed image, which the network takes for a ${found.answer.digit}`}
              />
              <figcaption>
                the changed image, for the weights after {digit.fooledAt.value.toLocaleString('en')}{' '}
                steps
              </figcaption>
            </figure>
            <figure>
              <Raster
                rows={SIDE}
                columns={SIDE}
                values={found.pixels.map((value, i) => value - pixels[i])}
                width={168}
                label={`the changes; the largest is ${format(found.largest, 2)}`}
              />
              <figcaption>
                the change, of length {format(found.distance, 2)}; the largest of a pixel is{' '}
                {format(found.largest, 2)}
              </figcaption>
            </figure>
            <Scores answer={found.answer} />
          </div>
        )}
      </div>
    </section>
  );
}

/** The progress of the search: a larger λ makes the answer matter more than the distance. */
function Searching({ tried }: { readonly tried: AdversarialTry | undefined }) {
  const { tries = 0, atMost = 1, found = false } = tried ?? {};
  return (
    <p class="hint searching">
      <progress value={tries} max={atMost} aria-label="tries" />
      {tried === undefined && 'Looking for the closest image.'}
      {tried && (found ? 'There is one; looking for a closer one.' : 'No such image yet.')}
      {tried && ` Try ${tries} of at most ${atMost}.`}
    </p>
  );
}
