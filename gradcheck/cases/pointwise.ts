import { add, cos, mul, sin } from '@tensorflow/tfjs-core';
import { Pointwise } from '../../modules/pointwise.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Tanh } from '../../modules/tanh.ts';
import type { AnyBox, CaseMaker, Cases, Draw } from '../case.ts';

/** A shape of rank 1 to 4 with a few dozen elements at the most. */
function anyShape(draw: Draw): number[] {
  return Array.from({ length: draw.integer(1, 4) }, () => draw.integer(1, 4));
}

/** Cases of a smooth box without parameters that takes any shape. */
function smooth(make: () => AnyBox): CaseMaker {
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

export const cases: Cases = {
  ReLU: (draw) => {
    const shape = [...anyShape(draw), 3];
    return { config: `ReLU() on [${shape.join(', ')}]`, box: new ReLU(), input: draw.apart(shape) };
  },
  Sigmoid: smooth(() => new Sigmoid()),
  Tanh: smooth(() => new Tanh()),
  Softmax: (draw) => {
    const shape = [...anyShape(draw).slice(1), draw.integer(2, 6)];
    return { config: `Softmax() on [${shape.join(', ')}]`, box: new Softmax(), input: draw.normal(shape, 2) };
  },
  Pointwise: (draw) => {
    const shape = Array.from({ length: draw.integer(1, 2) }, () => draw.integer(1, 4));
    const leading = Array.from({ length: draw.integer(1, 2) }, () => draw.integer(1, 3));
    const bias = draw.chance(0.8);
    const config = `Pointwise([${shape.join(', ')}], h, h', { bias: ${bias} }) on [${[...leading, ...shape].join(', ')}]`;
    const box = new Pointwise(
      shape,
      (x) => mul(x, sin(x)),
      (x) => add(sin(x), mul(x, cos(x))),
      { bias },
    );
    return { config, box, input: draw.normal([...leading, ...shape]) };
  },
};
