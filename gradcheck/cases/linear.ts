import { Linear } from '../../modules/linear.ts';
import type { Cases } from '../case.ts';

/** The cases of Linear. */
export const cases: Cases = {
  Linear: (draw) => {
    const [batch, inFeatures, outFeatures] = [
      draw.integer(1, 5),
      draw.integer(1, 6),
      draw.integer(1, 6),
    ];
    const bias = draw.chance(0.7);
    return {
      config: `Linear(${inFeatures}, ${outFeatures}, { bias: ${bias} }) on [${batch}, ${inFeatures}]`,
      box: new Linear(inFeatures, outFeatures, { bias, rng: draw.rng }),
      input: draw.normal([batch, inFeatures]),
    };
  },
};
