import { Tensor } from '@tensorflow/tfjs-core';
import { cases } from '../../gradcheck/cases/index.ts';
import { Draw } from '../../gradcheck/case.ts';
import * as losses from '../../losses/index.ts';
import { Module, Rng, Sequential } from '../../index.ts';
import type { PaddingMode } from '../../lib/geometry.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { numElements } from '../../lib/shapes.ts';
import { behindBorder, type Interval } from '../../inspect/interval.ts';
import { spanBefore, type Span } from '../../inspect/span.ts';
import { Trace } from '../../inspect/trace.ts';
import { constant } from '../../lib/constant.ts';
import type { AnyModule } from '../../lib/module.ts';

/** Their gradients reach, through statistics, where their windows do not. */
const STATISTICS = ['DivisiveNorm2D', 'ContrastNorm2D', 'LayerNorm', 'GroupNorm', 'InstanceNorm'];

/** Inputs that a case's gradient is looked at for: a maximum has its gradient at one of them alone. */
const DRAWS = 60;

const boxes = Object.keys(cases).filter((name) => !Object.keys(losses).includes(name));

describe('the cells before a cell are those that its gradient reaches', () => {
  test.each(boxes)('%s', async (name) => {
    await withBackend('float64', () => {
      for (let k = 0; k < 12; k++) {
        const { box, input, config } = cases[name](new Draw(new Rng(1).fold(k)));
        if (!(box instanceof Module)) throw new Error('no box');
        // A graph of several inputs or outputs.
        if (!(input instanceof Tensor) && (!Array.isArray(input) || box.children().length > 0))
          continue;
        const inputs: readonly Tensor[] = input instanceof Tensor ? [input] : input;
        // No box at all, or an example without axes.
        if (inputs[0].rank < 2 || (box instanceof Sequential && box.children().length === 0))
          continue;
        const rng = new Rng(2).fold(k);
        const draws = inputs.map(({ shape }) => {
          const many = [DRAWS, ...shape.slice(1)];
          return constant(
            rng.normals(numElements(many)).map(name === 'LPPool2D' ? Math.abs : Number),
            many as [number],
          );
        });
        const { output, cache } = (box as AnyModule).forward(
          box.arity === 'list' ? draws : draws[0],
        );
        if (!isTensor(output)) continue;
        const { shape } = output;
        const cell = shape.slice(1).map((size) => rng.integer(size));
        const at = cell.reduce((flat, place, axis) => flat * shape[axis + 1] + place, 0);
        const ones = Float32Array.from({ length: numElements(shape) }, (_, i) => Number(i % numElements(shape.slice(1)) === at)); // prettier-ignore
        const grads = [(box as AnyModule).backpropToInput(constant(ones, shape as [number]), cache)].flat() as Tensor[]; // prettier-ignore
        const span = cell.map((place): Interval => [place, place]);
        const shapes = inputs.map((one) => [1, ...one.shape.slice(1)]);
        grads.forEach((grad, which) => {
          const reached = reach(grad);
          const found =
            box.arity === 'list' || box.children().length === 0
              ? spanBefore(box, span, shapes, [1, ...shape.slice(1)], which)
              : new Trace(box, '', shapes[0].slice(1)).spanOfInput(span);
          const what = `${config} at ${cell.join(', ')}`;
          if (STATISTICS.includes(name)) {
            expect([what, found?.every(([first, last], axis) => first >= 0 && last < shapes[0][axis + 1])]).toEqual([what, true]); // prettier-ignore
          } else expect([what, found]).toEqual([what, reached]);
        });
      }
    });
  });
});

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** The least box of cells that holds all where a gradient of a batch is not 0. */
function reach(grad: Tensor): Span | undefined {
  const values = grad.dataSync();
  const sizes = grad.shape.slice(1);
  let span: (readonly [number, number])[] | undefined;
  values.forEach((value, i) => {
    if (value === 0) return;
    let left = i % numElements(sizes);
    const cell = [...sizes].reverse().map((size) => {
      const place = left % size;
      left = Math.floor(left / size);
      return place;
    });
    cell.reverse();
    span = cell.map((place, axis) => [Math.min(span?.[axis][0] ?? place, place), Math.max(span?.[axis][1] ?? place, place)]); // prettier-ignore
  });
  return span;
}

test.each<[mode: PaddingMode, places: (number | undefined)[]]>([
  ['zeros', [undefined, undefined, 0, 3, undefined, undefined]],
  ['replicate', [0, 0, 0, 3, 3, 3]],
  ['reflect', [2, 1, 0, 3, 2, 1]],
  ['circular', [2, 3, 0, 3, 0, 1]],
])('what stands behind a border of %s', (mode, places) => {
  expect([-2, -1, 0, 3, 4, 5].map((place) => behindBorder(place, 4, mode))).toEqual(places);
});
