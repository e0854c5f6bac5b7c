import * as tf from '@tensorflow/tfjs-core';
import type { Reduction } from '../../lib/cost.ts';
import { Rng } from '../../lib/rng.ts';
import { Hinge } from '../../losses/hinge.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeCostContract } from '../support/costContract.ts';
import { eachBackend, tensorOf } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const labels = (...of: number[]) => tf.tensor1d(of, 'int32');
const sum = new Hinge({ reduction: 'sum' });

eachBackend('by hand', () => {
  test.each([
    { what: 'led by a rival', x: [1, 3, 2], y: 0, loss: 3, gradInput: [-1, 1, 0] },
    { what: 'leading by less than 1', x: [1, 1.5, -2], y: 1, loss: 0.5, gradInput: [1, -1, 0] },
    { what: 'leading by more than 1', x: [4, 1, 2], y: 0, loss: 0, gradInput: [0, 0, 0] },
    { what: 'leading by exactly 1', x: [1, 0, 2], y: 2, loss: 0, gradInput: [0, 0, 0] },
    { what: 'leading by exactly 1, first', x: [2, 1, 1], y: 0, loss: 0, gradInput: [0, 0, 0] },
    { what: 'two equal rivals: the first', x: [0, 2, 2], y: 0, loss: 3, gradInput: [-1, 1, 0] },
    { what: 'equal to its rivals', x: [2, 2, 2], y: 1, loss: 1, gradInput: [1, -1, 0] },
    { what: 'scores without bounds', x: [-Infinity, 1, 2], y: 1, loss: 2, gradInput: [0, -1, 1] },
    { what: 'large scores', x: [20000.25, 20000, 0], y: 1, loss: 1.25, gradInput: [1, -1, 0] },
    { what: 'one class', x: [3], y: 0, loss: 0, gradInput: [0] },
  ])('$what: $x, label $y', ({ x, y, loss, gradInput }) => {
    const forward = sum.forward(tf.tensor2d([x]), labels(y));
    expect(numbers(forward.loss)).toBe(loss);
    expectAllClose(sum.backpropToInput(forward.cache), { shape: [1, x.length], values: gradInput });
  });

  test('a score that is NaN makes the loss NaN', () => {
    expect(sum.forward(tf.tensor2d([[1, NaN, 0]]), labels(0)).loss.dataSync()[0]).toBeNaN();
  });
});

/** The equation of Crammer and Singer, term by term. */
function hinge(x: Grid, y: readonly number[], reduction: Reduction) {
  const [batch, classes] = x.shape;
  const gradInput = new Grid(x.shape);
  const weight = reduction === 'mean' ? 1 / batch : 1;
  let loss = 0;
  for (let n = 0; n < batch; n++) {
    let rival = -1;
    for (let j = 0; j < classes; j++) {
      if (j !== y[n] && (rival < 0 || x.at(n, j) > x.at(n, rival))) rival = j;
    }
    const term = 1 + x.at(n, rival) - x.at(n, y[n]);
    if (!(term > 0)) continue;
    loss += weight * term;
    gradInput.add(weight, n, rival);
    gradInput.add(-weight, n, y[n]);
  }
  return { loss: { shape: [], values: [loss] }, gradInput };
}

eachBackend('is its equation', () => {
  const rng = new Rng(2);
  const draws = Array.from({ length: 40 }, (_, i) => {
    const shape = [1 + (i % 7), 2 + rng.integer(6)];
    // Every other case uses only the values 0 to 3, so that many scores are equal or differ by 1.
    const x =
      i % 2
        ? Grid.random(shape, rng)
        : new Grid(
            shape,
            Array.from(rng.permutation(shape[0] * shape[1]), (v) => v % 4),
          );
    const y = Array.from({ length: shape[0] }, () => rng.integer(shape[1]));
    return { shape, x, y, reduction: rng.pick<Reduction>(['mean', 'sum']) };
  });

  test.each(draws)('on $shape, $reduction, labels $y', ({ x, y, reduction }) => {
    const cost = new Hinge({ reduction });
    const { loss, cache } = cost.forward(tensorOf(x) as tf.Tensor2D, labels(...y));
    const expected = hinge(x, y, reduction);
    expectAllClose(loss, expected.loss, 'loss');
    expectAllClose(cost.backpropToInput(cache), expected.gradInput, 'gradInput');
  });
});

describeCostContract(
  (options) => new Hinge(options),
  () => [
    [
      tf.tensor2d([
        [1, 3, 2],
        [0, 4, 1],
      ]),
      labels(0, 1),
    ],
    [tf.zeros([3, 2]), labels(0, 1, 0)],
  ],
);

const x = () => blank<tf.Tensor2D>([2, 3]);

describeRefusals([
  [
    'Hinge.forward: expected input of shape [N, classes], got [3]',
    () => sum.forward(blank([3]), labels(0)),
  ],
  [
    'Hinge.forward: expected input of dtype float32, got int32',
    () => sum.forward(blank([2, 3], 'int32'), labels(0, 1)),
  ],
  ['Hinge.forward: expected labels of shape [2], got [3]', () => sum.forward(x(), labels(0, 1, 2))],
  [
    'Hinge.forward: expected labels of dtype int32, got float32',
    () => sum.forward(x(), blank([2])),
  ],
  [
    'Hinge.forward: expected labels from 0 to 2, got 3 at index 1',
    () => sum.forward(x(), labels(2, 3)),
  ],
  [
    'Hinge.forward: expected labels from 0 to 2, got -1 at index 0',
    () => sum.forward(x(), labels(-1, 3)),
  ],
  [
    'Hinge: expected reduction to be one of "mean", "sum", got "max"',
    () => new Hinge({ reduction: 'max' as Reduction }),
  ],
]);
