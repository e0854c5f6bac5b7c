import { numElements } from '../../lib/shapes.ts';
import { mul, neg, square, type Tensor } from '@tensorflow/tfjs-core';
import { constant, scalar } from '../../lib/constant.ts';
import { ELU } from '../../modules/elu.ts';
import { GELU } from '../../modules/gelu.ts';
import { HardSigmoid } from '../../modules/hardSigmoid.ts';
import { HardSwish } from '../../modules/hardSwish.ts';
import { HardTanh } from '../../modules/hardTanh.ts';
import { LeakyReLU } from '../../modules/leakyRelu.ts';
import { LogSoftmax } from '../../modules/logSoftmax.ts';
import { Pointwise } from '../../modules/pointwise.ts';
import { PReLU } from '../../modules/prelu.ts';
import { ReLU } from '../../modules/relu.ts';
import { ReLU6 } from '../../modules/relu6.ts';
import { SELU } from '../../modules/selu.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { SiLU } from '../../modules/silu.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Softplus } from '../../modules/softplus.ts';
import { Tanh } from '../../modules/tanh.ts';
import { type CheckedModule, type Case, type CaseMaker, type Cases, type Draw } from '../case.ts';

/** Draws a shape with 1 to 4 axes and at least 3 elements. */
function anyShape(draw: Draw): number[] {
  return [
    ...Array.from({ length: draw.integer(0, 3) }, () => draw.integer(1, 4)),
    draw.integer(3, 5),
  ];
}

/** Returns a function that draws cases of a smooth box that accepts any shape. */
function smooth(make: () => CheckedModule): CaseMaker {
  return (draw) => {
    const shape = anyShape(draw);
    const box = make();
    return {
      config: `${box.constructor.name}() on [${shape.join(', ')}]`,
      box,
      input: draw.normal(shape, 2),
    };
  };
}

/** Draws a shape with 1 to 4 axes and 6 to 60 elements. The last axis has at least 2 elements. */
function smallShape(draw: Draw): number[] {
  const leading = Array.from({ length: draw.integer(0, 3) }, () => draw.integer(1, 4));
  while (numElements(leading) > 12) leading.pop();
  return [...leading, numElements(leading) < 3 ? draw.integer(6, 9) : draw.integer(2, 5)];
}

function described(box: CheckedModule, options: string, input: Tensor): Case {
  return {
    config: `${box.constructor.name}(${options}) on [${input.shape.join(', ')}]`,
    box,
    input,
  };
}

/**
 * Draws a number with at most two digits after the decimal point, so that the config shows its
 * exact value.
 */
function decimal(draw: Draw, low: number, high: number): number {
  return draw.integer(Math.round(low * 100), Math.round(high * 100)) / 100;
}

/**
 * Draws well-separated values, at least one of which is negative, because ELU and SELU only copy or
 * scale positive values.
 */
function someNegative(draw: Draw, shape: readonly number[], gap: number): Tensor {
  const values = draw.wellSeparated(shape, gap);
  const negated = neg(values);
  values.dispose();
  return negated;
}

/**
 * Draws well-separated values around 0, and one value far below 0. The gradient of a slope that all
 * elements share is a single sum. If its terms cancelled, single precision would have no correct
 * digits; the one large term prevents this.
 */
function oneDeep(draw: Draw, shape: readonly number[]): Tensor {
  const total = numElements(shape);
  const shift = draw.integer(0, total - 1);
  const ranks = draw.rng.permutation(total);
  const values = Float64Array.from(ranks, (rank) =>
    rank === 0 ? -20 : 0.1 * (rank - shift + 0.5),
  );
  return constant(values, [...shape]);
}

/**
 * Draws well-separated values around 0 for a box with kinks at 0, ±3 or 6. These are multiples of
 * the gaps, and the values are near the middle between two multiples. A value is next to 0 on
 * either side.
 */
function aroundKinks(draw: Draw): Tensor {
  return draw.wellSeparated(smallShape(draw), draw.pick(0.5, 1, 3));
}

/** The cases of the boxes that work element by element, and of the softmax boxes. */
export const cases: Cases = {
  ReLU: (draw) => {
    const shape = [...anyShape(draw), 3];
    return {
      config: `ReLU() on [${shape.join(', ')}]`,
      box: new ReLU(),
      input: draw.wellSeparated(shape),
    };
  },
  Sigmoid: smooth(() => new Sigmoid()),
  Tanh: smooth(() => new Tanh()),
  Softmax: (draw) => {
    const shape = [...anyShape(draw).slice(1), draw.integer(2, 6)];
    return {
      config: `Softmax() on [${shape.join(', ')}]`,
      box: new Softmax(),
      input: draw.normal(shape, 2),
    };
  },
  Pointwise: (draw) => {
    const shape = Array.from({ length: draw.integer(1, 2) }, () => draw.integer(1, 4));
    const leading = Array.from({ length: draw.integer(1, 2) }, () => draw.integer(1, 3));
    const bias = draw.chance(0.8);
    const config = `Pointwise([${shape.join(', ')}], h, h', { bias: ${bias} }) on [${[...leading, ...shape].join(', ')}]`;
    const box = new Pointwise(
      shape,
      // The function is a cube and not, for example, a sine, because a GPU may compute a sine with
      // an error of 2^-11.
      (x) => mul(x, square(x)),
      (x) => mul(scalar(3), square(x)),
      { bias },
    );
    return { config, box, input: draw.normal([...leading, ...shape]) };
  },
  PReLU: (draw) => {
    const shape = smallShape(draw);
    const numParameters = draw.chance(0.4) ? 1 : shape[shape.length - 1];
    const init = decimal(draw, -0.5, 1.5);
    const box = new PReLU(numParameters, { init });
    return described(box, `${numParameters}, { init: ${init} }`, oneDeep(draw, shape));
  },
  LeakyReLU: (draw) => {
    const negativeSlope = draw.pick(0, 0.01, decimal(draw, -0.5, 1.5));
    const box = new LeakyReLU({ negativeSlope });
    return described(
      box,
      `{ negativeSlope: ${negativeSlope} }`,
      draw.wellSeparated(smallShape(draw)),
    );
  },
  ELU: (draw) => {
    const alpha = draw.pick(1, decimal(draw, 0.1, 2.5));
    const input = someNegative(draw, smallShape(draw), draw.pick(0.1, 0.4));
    return described(new ELU({ alpha }), `{ alpha: ${alpha} }`, input);
  },
  SELU: (draw) =>
    described(new SELU(), '', someNegative(draw, smallShape(draw), draw.pick(0.1, 0.4))),
  GELU: (draw) => {
    const approximate = draw.pick('none', 'tanh');
    const input = draw.normal(smallShape(draw), draw.pick(0.3, 1, 4));
    return described(new GELU({ approximate }), `{ approximate: ${approximate} }`, input);
  },
  SiLU: (draw) => described(new SiLU(), '', draw.normal(smallShape(draw), draw.pick(0.3, 1, 8))),
  Softplus: (draw) => {
    const beta = draw.pick(1, decimal(draw, 0.2, 5));
    const threshold = draw.pick(20, decimal(draw, -1, 3));
    const box = new Softplus({ beta, threshold });
    const input = draw.normal(smallShape(draw), draw.pick(1, 8) / beta);
    return described(box, `{ beta: ${beta}, threshold: ${threshold} }`, input);
  },
  HardTanh: (draw) => {
    // The bounds are multiples of the gap, and the values are near the middle between two
    // multiples. At least one value is between the bounds.
    const gap = 0.1;
    const [minValue, maxValue] = [-draw.integer(0, 10) * gap, draw.integer(1, 10) * gap];
    const box = new HardTanh({ minValue, maxValue });
    const input = draw.wellSeparated(smallShape(draw), gap);
    return described(box, `{ minValue: ${minValue}, maxValue: ${maxValue} }`, input);
  },
  ReLU6: (draw) => described(new ReLU6(), '', aroundKinks(draw)),
  HardSigmoid: (draw) => described(new HardSigmoid(), '', aroundKinks(draw)),
  HardSwish: (draw) => described(new HardSwish(), '', aroundKinks(draw)),
  LogSoftmax: (draw) =>
    described(new LogSoftmax(), '', draw.normal(smallShape(draw), draw.pick(1, 4))),
};
