import { escape, image } from './html.ts';
import { captionOf, patchesPicture, type BoxPatches } from './unitPatches.ts';

/** Makes the section about the units' patches, with one figure per unit of each box. */
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

/** The text that explains the figures on the page. */
export const UNITS_TEXT =
  'The upper row shows the patches of the inputs with the largest responses of a unit, each from another example, the largest ' +
  'response first. A patch is the receptive field of the unit; it is white beyond the border of the image. The lower row shows ' +
  'the gradient of the response: making the pixels that are lighter than grey lighter, or the darker ones darker, raises it.';
