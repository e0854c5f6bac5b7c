import * as tf from '@tensorflow/tfjs-core';
import { LogSoftmax } from '../../modules/logSoftmax.ts';
import { Softmax } from '../../modules/softmax.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';

eachBackend('by hand', () => {
  test('scores ln 1 and ln 3: log 1/4 and log 3/4', () => {
    const box = new LogSoftmax();
    const { output, cache } = box.forward(tf.tensor2d([[0, Math.log(3)]]));
    expectAllClose(output, { shape: [1, 2], values: [-Math.log(4), Math.log(3 / 4)] });
    const gradInput = box.backpropToInput(tf.tensor2d([[16, -4]]), cache); // Σ g = 12
    expectAllClose(gradInput, { shape: [1, 2], values: [16 - 12 / 4, -4 - (12 * 3) / 4] });
  });

  test('scores of any size: no logarithm of 0, no exponential of 1e4', () => {
    const box = new LogSoftmax();
    const { output, cache } = box.forward(
      tf.tensor2d([
        [1e4, -1e4, 0],
        [-100, -100, -100],
      ]),
    );
    expectAllClose(output, {
      shape: [2, 3],
      values: [0, -2e4, -1e4, ...new Array<number>(3).fill(-Math.log(3))],
    });
    const gradInput = box.backpropToInput(
      tf.tensor2d([
        [1, 2, 4],
        [3, 6, 9],
      ]),
      cache,
    );
    expectAllClose(gradInput, { shape: [2, 3], values: [-6, 2, 4, -3, 0, 3] });
  });

  test('equals Softmax followed by the logarithm, forward and backward', () => {
    const x = tf.tensor2d([
      [1, -2, 0.5],
      [0, 3, -1],
    ]);
    const g = tf.tensor2d([
      [1, -3, 2],
      [-1, 0.5, 4],
    ]);
    const [softmax, box] = [new Softmax(), new LogSoftmax()];
    const [probability, logarithm] = [softmax.forward(x), box.forward(x)];
    const throughLog = tf.div(g, probability.output);
    const told = (tensor: tf.Tensor) => ({ shape: tensor.shape, values: [...tensor.dataSync()] });
    expectAllClose(logarithm.output, told(tf.log(probability.output)));
    const expected = softmax.backpropToInput(throughLog, probability.cache);
    expectAllClose(box.backpropToInput(g, logarithm.cache), told(expected));
  });
});

describeFixture('logSoftmax', () => new LogSoftmax());

describeElementwise(() => new LogSoftmax(), { window: 'channels' });
