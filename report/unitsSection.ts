import type { ProjectionRule } from '../lib/projectionRule.ts';
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

const PROJECTIONS: Readonly<Record<ProjectionRule, string>> = {
  gradient:
    'the gradient of its response: making the pixels that are lighter than grey lighter, or the darker ones darker, raises it',
  deconvnet:
    'its projection by the deconvolutional network (Zeiler & Fergus 2013), which shows the structure that the unit responds to',
  guided: 'its projection by guided back-propagation (Springenberg et al. 2014)',
};

/** Makes the text that explains the figures on the page. */
export function unitsText(rule: ProjectionRule, isOccluded = false): string {
  const occluded =
    ' On the right, a pixel is dark if the response falls while a square hides this pixel.';
  return (
    'On the left are the patches of the inputs with the largest responses of a unit, each from another example, the largest ' +
    'response first. A patch is the receptive field of the unit; it is white beyond the border of the image. Beside them, in the ' +
    `same places, each patch has ${escape(PROJECTIONS[rule])}; grey is 0.${isOccluded ? occluded : ''}`
  );
}
