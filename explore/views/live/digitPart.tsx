import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Attention } from '../../engine/live/analyse.ts';
import { PATCH } from '../../engine/live/patch.ts';
import type { DigitSprites } from '../../plugins/sprite.ts';
import { setState } from '../../router.ts';
import { format } from '../../ui/format.ts';
import { NumberField } from '../../ui/numberField.tsx';
import { Raster } from '../../ui/raster.tsx';
import { address, RULES } from './address.ts';
import { Adversary } from './adversary.tsx';
import type { Lab } from './lab.ts';
import type { LiveDigit } from './liveDigit.ts';
import { Pad } from './pad.tsx';
import { readImage, SIDE } from './pixels.ts';
import { Scores } from './scores.tsx';

interface Props {
  readonly lab: Lab;
  readonly digit: LiveDigit;
  readonly sprites: DigitSprites;
}

/** A digit that a reader draws or chooses: scores, the pixels that matter, an adversarial image. */
export function DigitPart({ lab, digit, sprites }: Props): JSX.Element {
  const { value: attention } = digit.attention;
  const { value: shown } = digit.shown;
  const epochs = lab.curves.value.epochs.length;
  useEffect(() => {
    if (lab.mode.value !== 'loading') void digit.ask();
  }, [epochs, lab.version.value]);
  const image = useRef<HTMLInputElement>(null);
  const count = sprites.test.labels.length;
  return (
    <div class="digit">
      <div class="draw">
        <Pad digit={digit} />
        <div class="toolbar">
          <NumberField
            label="test digit"
            value={address().digit}
            rule={{ ...RULES.digit, most: count - 1 }}
            onValue={(next) => {
              setState({ digit: String(next) });
              void digit.choose(next);
            }}
          />
          <button type="button" onClick={() => void digit.draw(new Float32Array(SIDE * SIDE))}>
            Clear
          </button>
          <button type="button" onClick={() => image.current?.click()}>
            Own image
          </button>
          <input
            ref={image}
            hidden
            type="file"
            accept="image/*"
            aria-label="an image of a digit"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              if (file) void lab.attempt(async () => digit.draw(await readImage(file)));
              currentTarget.value = '';
            }}
          />
        </div>
        <p class="hint">
          {digit.drawn.value && 'This is your own image, not the test digit. '}
          Draw a digit, or choose one of the {count} test digits by its number.
        </p>
      </div>
      {attention && (
        <div class="said">
          <Scores answer={attention.answer} label={shown.label} />
          <div class="maps">
            <figure>
              <Raster
                rows={SIDE}
                columns={SIDE}
                values={shown.pixels}
                scale="grey"
                width={168}
                label="the image that the network sees"
              />
              <figcaption>the network sees this</figcaption>
            </figure>
            <figure>
              <Raster
                rows={SIDE}
                columns={SIDE}
                values={attention.saliency}
                width={168}
                label={`saliency: the pixels that change the score of ${attention.label} most`}
              />
              <figcaption>
                saliency: |∂s<sub>{attention.label}</sub>/∂x|
              </figcaption>
            </figure>
            <figure>
              <Raster
                rows={attention.occlusion.rows}
                columns={attention.occlusion.columns}
                values={attention.occlusion.changes}
                width={168}
                label={`occlusion: ${occlusionText(attention)}`}
              />
              <figcaption>occlusion: {occlusionText(attention)}</figcaption>
            </figure>
          </div>
          <Adversary lab={lab} digit={digit} answer={attention.answer} />
        </div>
      )}
    </div>
  );
}

/** The meaning of the strongest colours of the occlusion map, in words. */
function occlusionText({ answer, label, occlusion: { changes } }: Attention): string {
  const [least, most] = [Math.min(...changes), Math.max(...changes)];
  const percent = (share: number) => `${format(100 * share, 1)} %`;
  const now = answer.probabilities[label];
  const [fall, rise] = [percent(now + least), percent(now + most)];
  return (
    `P(${label}) is ${percent(now)}; a black patch of ${PATCH.size}×${PATCH.size} pixels changes it, ` +
    `by its place, to between ${fall} and ${rise}. Purple: it falls, so the patch hides what speaks for a ${label}.`
  );
}
