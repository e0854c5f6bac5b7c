import { constant } from '../../lib/constant.ts';
import { numElements } from '../../lib/shapes.ts';
import { Arithmetic, type ArithmeticOperation } from '../../modules/arithmetic.ts';
import { Linear } from '../../modules/linear.ts';
import { Permute } from '../../modules/permute.ts';
import type { Cases } from '../case.ts';

/** The cases of Linear, Arithmetic and Permute. */
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

  Arithmetic: (draw) => {
    const shape = Array.from({ length: draw.integer(2, 4) }, () => draw.integer(1, 4));
    const operation = draw.pick<ArithmeticOperation>(
      ...(['add', 'subtract', 'subtractFrom', 'multiply', 'divide'] as const),
      ...(['divideInto', 'power', 'max', 'min'] as const),
    );
    const isSingle = operation === 'power' || operation === 'max' || operation === 'min';
    // The operand has the last axes, some of them with the size 1.
    const axes = isSingle ? 0 : draw.integer(0, shape.length - 1);
    const own = shape.slice(shape.length - axes).map((size) => (draw.chance(0.3) ? 1 : size));
    const trainable = !isSingle && draw.chance(0.7);
    const count = own.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, () => draw.integer(50, 200) / 100);
    // With few elements, all of them could lie beyond the limit, where every gradient is 0.
    const limit = numElements(shape) >= 8 ? 0 : operation === 'max' ? -100 : 100;
    const init = isSingle
      ? operation === 'power'
        ? draw.pick(-1, 0.5, 2, 3)
        : limit
      : () => values;
    const config = `Arithmetic("${operation}", { shape: [${own.join(', ')}], trainable: ${trainable} }) on [${shape.join(', ')}]`;
    const options = isSingle ? { init } : { shape: own, trainable, init };
    // Powers and quotients have values above 0, and maxima stay away from their kink at 0.
    const input = isSingle && operation !== 'power' ? draw.wellSeparated(shape) : constant(Array.from({ length: numElements(shape) }, () => draw.integer(50, 200) / 100), shape as [number]); // prettier-ignore
    return { config, box: new Arithmetic(operation, options), input };
  },

  Permute: (draw) => {
    const shape = Array.from({ length: draw.integer(2, 5) }, () => draw.integer(1, 4));
    const axes = shape.slice(1).map((_, k) => k + 1);
    for (let k = axes.length - 1; k > 0; k--) {
      const other = draw.integer(0, k);
      [axes[k], axes[other]] = [axes[other], axes[k]];
    }
    return {
      config: `Permute([${axes.join(', ')}]) on [${shape.join(', ')}]`,
      box: new Permute(axes),
      input: draw.normal(shape),
    };
  },
};
