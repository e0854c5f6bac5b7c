import * as tf from '@tensorflow/tfjs-core';
import type { PositionWindow } from '../../lib/facts.ts';
import { inputsOf } from '../../lib/window.ts';
import { Concat } from '../../modules/concat.ts';
import { eachBackend } from '../support/fixtures.ts';
import { describeMerging, mergedAndBack } from '../support/merging.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('concatenates inputs with different numbers of channels, and splits the gradient', () => {
    const inputs = [
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor2d([[5], [6]]),
      tf.tensor2d([
        [7, 8, 9],
        [10, 11, 12],
      ]),
    ];
    const g = tf.tensor2d([
      [1, 2, 3, 4, 5, 6],
      [-1, -2, -3, -4, -5, -6],
    ]);
    const { output, grads } = mergedAndBack(new Concat(), inputs, g);
    expect(output).toEqual([
      [1, 2, 5, 7, 8, 9],
      [3, 4, 6, 10, 11, 12],
    ]);
    expect(grads).toEqual([
      [
        [1, 2],
        [-1, -2],
      ],
      [[3], [-3]],
      [
        [4, 5, 6],
        [-4, -5, -6],
      ],
    ]);
  });

  test('concatenates vectors', () => {
    const { output, grads } = mergedAndBack(
      new Concat(),
      [tf.tensor1d([1]), tf.tensor1d([2, 3])],
      tf.tensor1d([4, 5, 6]),
    );
    expect(output).toEqual([1, 2, 3]);
    expect(grads).toEqual([[4], [5, 6]]);
  });
});

describeMerging('Concat', 'concat', () => new Concat());

const concat = (...shapes: number[][]) => new Concat().forward(shapes.map((shape) => blank(shape)));

describe('facts', () => {
  /** The input ranges, one list per input, that the given output ranges depend on. */
  function behind(inputs: number[][], outputs: [number, number][]) {
    const { window, outputShape } = new Concat().facts(inputs);
    return (window as PositionWindow[]).map((one, k) =>
      inputsOf(one, outputs, inputs[k], outputShape as number[]),
    );
  }

  test('images: an output channel depends on one input, at the same position', () => {
    const images = [
      [2, 4, 5, 3],
      [2, 4, 5, 2],
      [2, 4, 5, 4],
    ];
    const { outputShape, multiplyAdds, window } = new Concat().facts(images);
    expect({ outputShape, multiplyAdds }).toEqual({ outputShape: [2, 4, 5, 9], multiplyAdds: 0 });
    for (const { axes } of window as PositionWindow[]) {
      expect(axes.map(({ size, step }) => [size, step])).toEqual([
        [1, 1],
        [1, 1],
      ]);
    }
    const place: [number, number][] = [
      [1, 2],
      [0, 3],
    ];
    expect(behind(images, [...place, [2, 4]])).toEqual([
      [...place, [2, 2]],
      [...place, [0, 1]],
      undefined,
    ]);
    expect(behind(images, [...place, [8, 8]])).toEqual([undefined, undefined, [...place, [3, 3]]]);
  });

  test('rows', () => {
    const rows = [
      [7, 3],
      [7, 2],
    ];
    expect(new Concat().facts(rows).outputShape).toEqual([7, 5]);
    expect(behind(rows, [[3, 3]])).toEqual([undefined, [[0, 0]]]);
    expect(behind(rows, [[0, 4]])).toEqual([[[0, 2]], [[0, 1]]]);
  });
});

describeRefusals([
  [
    'Concat.forward: expected inputs of one shape but for the last axis, got [2, 3, 4] and [2, 4, 4]',
    () =>
      new Concat().facts([
        [2, 3, 4],
        [2, 4, 4],
      ]),
  ],
  [
    'Concat.forward: expected input of rank 1 or more, got shape []',
    () => new Concat().facts([[], []]),
  ],
  [
    'Concat.forward: expected inputs of one shape but for the last axis, got [2, 3, 4] and [2, 4, 4]',
    () => concat([2, 3, 4], [2, 4, 4]),
  ],
  [
    'Concat.forward: expected inputs of one shape but for the last axis, got [2, 3] and [2, 3, 1]',
    () => concat([2, 3], [2, 3, 1]),
  ],
  ['Concat.forward: expected input of rank 1 or more, got shape []', () => concat([], [])],
  [
    'Concat.backpropToInput: expected gradOutput of shape [2, 5], got [2, 4]',
    () => new Concat().backpropToInput(blank([2, 4]), concat([2, 2], [2, 3]).cache),
  ],
]);
