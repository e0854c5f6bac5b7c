import type { Tensor } from '@tensorflow/tfjs-core';
import { numElements } from '../../lib/shapes.ts';
import { constant } from '../../lib/constant.ts';
import { Concat } from '../../modules/concat.ts';
import { MatMul } from '../../modules/matMul.ts';
import { Max } from '../../modules/max.ts';
import { Product } from '../../modules/product.ts';
import { Sum } from '../../modules/sum.ts';
import type { CheckedModule, Cases, Draw } from '../case.ts';

/** Returns a function that draws cases with one to four inputs of the same shape. */
function alike(name: string, make: () => CheckedModule) {
  return (draw: Draw) => {
    const inputs = draw.integer(1, 4);
    const shape = Array.from({ length: draw.integer(0, 3) }, () => draw.integer(1, 3));
    const input = Array.from({ length: inputs }, () => draw.normal(shape));
    return { config: `${name}() on ${inputs} of [${shape.join(', ')}]`, box: make(), input };
  };
}

/**
 * Draws K inputs, each of which has the maximum at some elements: at element e, it is input e mod
 * K.
 */
function eachWins(draw: Draw, inputs: number, shape: readonly number[]): Tensor[] {
  const elements = numElements(shape);
  const drawn = draw.wellSeparated([elements, inputs]);
  const values = drawn.dataSync();
  drawn.dispose();
  for (let e = 0; e < elements; e++) {
    const row = values.subarray(e * inputs, (e + 1) * inputs);
    const most = row.indexOf(Math.max(...row));
    [row[e % inputs], row[most]] = [row[most], row[e % inputs]];
  }
  return Array.from({ length: inputs }, (_, k) => {
    return constant(
      Float64Array.from({ length: elements }, (_, e) => values[e * inputs + k]),
      [...shape],
    );
  });
}

/**
 * Returns a tensor with the same values, except that the first value is 0. Disposes the argument.
 */
function withZero(tensor: Tensor): Tensor {
  const values = Float64Array.from(tensor.dataSync());
  values[0] = 0;
  tensor.dispose();
  return constant(values, tensor.shape);
}

/** The cases of the boxes that merge tensors. */
export const cases: Cases = {
  Concat: (draw) => {
    const leading = Array.from({ length: draw.integer(0, 3) }, () => draw.integer(1, 3));
    const shapes = Array.from({ length: draw.integer(1, 4) }, () => [
      ...leading,
      draw.integer(1, 3),
    ]);
    return {
      config: `Concat() on ${shapes.map((shape) => `[${shape.join(', ')}]`).join(', ')}`,
      box: new Concat(),
      input: shapes.map((shape) => draw.normal(shape)),
    };
  },
  Sum: alike('Sum', () => new Sum()),
  Product: (draw) => {
    const shape = Array.from({ length: draw.integer(0, 4) }, () => draw.integer(1, 3));
    const repeats = draw.chance(0.6);
    const shapes = Array.from({ length: draw.integer(1, 4) }, () =>
      shape.map((size, axis) => (repeats && axis > 0 && draw.chance(0.5) ? 1 : size)),
    );
    // The first factor contains a 0. There the gradients of the other factors are 0, but its own
    // gradient is not.
    const [first, ...others] = shapes.map((own) => draw.normal(own));
    return {
      config: `Product() on ${shapes.map((own) => `[${own.join(', ')}]`).join(', ')}`,
      box: new Product(),
      input: [first.size > 1 ? withZero(first) : first, ...others],
    };
  },
  Max: (draw) => {
    const inputs = draw.integer(1, 4);
    const shape = [
      ...Array.from({ length: draw.integer(0, 2) }, () => draw.integer(1, 3)),
      draw.integer(inputs, 5),
    ];
    const config = `Max() on ${inputs} of [${shape.join(', ')}]`;
    return { config, box: new Max(), input: eachWins(draw, inputs, shape) };
  },
  MatMul: (draw) => {
    const outer = [draw.integer(1, 3), ...(draw.chance(0.5) ? [draw.integer(1, 3)] : [])];
    const [rows, inner, columns] = [draw.integer(1, 4), draw.integer(1, 5), draw.integer(1, 4)];
    const shapes = [
      [...outer, rows, inner],
      [...outer, inner, columns],
    ];
    return {
      config: `MatMul() on ${shapes.map((own) => `[${own.join(', ')}]`).join(', ')}`,
      box: new MatMul(),
      input: shapes.map((own) => draw.normal(own)),
    };
  },
};
