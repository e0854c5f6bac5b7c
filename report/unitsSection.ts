import { escape, image } from './html.ts';
import { captionOf, patchesPicture, type BoxPatches } from './unitPatches.ts';

/** For each box what its units answer to, a figure a unit. */
export function unitsSection(boxes: readonly BoxPatches[]): string {
  const parts = boxes.map(({ label, units }) => {
    const figures = units.map((one) => {
      const caption = captionOf(one);
      const picture = patchesPicture(one);
      const drawn = picture === undefined ? '' : image(picture, caption);
      return `<figure>${drawn}<figcaption>${escape(caption)}</figcaption></figure>`;
    });
    return `<h3>${escape(label)}</h3><div class="units">${figures.join('')}</div>`;
  });
  return parts.join('');
}

/** What a reader has to know of the figures. */
export const UNITS_TEXT =
  'Above, what of the inputs a unit answers to most, each of another record, the largest response first: as much as the ' +
  'unit sees, white where that is past the border. Below, the gradient of its response by each pixel: lighter pixels than ' +
  'grey would raise it if they were lighter, darker ones if they were darker.';
