import '@tensorflow/tfjs-backend-cpu';
import { memory, type Tensor } from '@tensorflow/tfjs-core';
import { Flatten, init, Linear, Module, useBackend, type Context } from '../../index.ts';
import { ArrayDataset } from '../../data/dataset.ts';
import { GroupStopped, soloGroup, type GroupValues } from '../../lib/group.ts';
import { evaluate } from '../../train/index.ts';
import { inputError } from '../support/inputError.ts';
import { perceptron, xor } from '../support/toy.ts';

/** A data set whose inputs are the scores. */
function scored(scores: number[][], labels: number[]): ArrayDataset {
  const classes = scores[0].length;
  const inputs = Float32Array.from(scores.flat());
  return new ArrayDataset({ name: 'scored', inputs, inputShape: [classes], labels, classes });
}

describe('evaluate', () => {
  beforeAll(() => useBackend('cpu'));

  it('refuses a dataset without examples, whose accuracy would be NaN', async () => {
    const none = Object.assign(Object.create(scored([[1, 2]], [0])) as ArrayDataset, { length: 0 });
    await expect(evaluate(new Flatten(), none)).rejects.toThrow(
      inputError('evaluate: expected examples in scored, got none'),
    );
  });

  it('counts errors over all batches, the last of which is shorter', async () => {
    const scores = [[2, 1, 0], [0, 1, 2], [1, 3, 2], [-1, -2, -3], [5, 6, 7]]; // prettier-ignore
    // The first, third and fourth predictions are right.
    const { loss, ...counts } = await evaluate(new Flatten(), scored(scores, [0, 1, 1, 0, 0]), {
      batchSize: 2,
    });
    expect(counts).toEqual({
      errors: 2,
      examples: 5,
      errorRate: 0.4,
      accuracy: 0.6,
      top5Errors: 0,
      confusion: [
        [2, 0, 1],
        [0, 1, 1],
        [0, 0, 0],
      ],
    });
    const entropy = (x: number[], label: number) =>
      Math.log(x.reduce((sum, score) => sum + Math.exp(score), 0)) - x[label];
    const total = scores.reduce((sum, x, n) => sum + entropy(x, [0, 1, 1, 0, 0][n]), 0);
    expect(loss).toBeCloseTo(total / 5, 5);
  });

  it('lets the first class win among equal scores', async () => {
    const network = new Linear(2, 2, { init: init.zeros });
    const dataset = scored([[1, 2], [3, 4], [5, 6]], [0, 1, 1]); // prettier-ignore
    expect((await evaluate(network, dataset, { batchSize: 3 })).errors).toBe(2);
  });

  it.each([
    [NaN, NaN],
    [0, NaN],
    [NaN, 0],
  ])('counts scores %d and %d as errors', async (...row) => {
    const network = new Linear(2, 2, { init: init.values([row, row]) });
    expect((await evaluate(network, scored([[1, 2], [3, 4]], [0, 1]), { batchSize: 3 })).errors).toBe(2); // prettier-ignore
  });

  it('runs in inference mode and leaks no tensor', async () => {
    const modes: unknown[] = [];
    class Spy extends Module<Tensor, Tensor> {
      forward(input: Tensor, context?: Context) {
        modes.push(context?.mode);
        return { output: input.clone(), cache: null };
      }
      backpropToInput = (gradOutput: Tensor) => gradOutput.clone();
    }
    const dataset = xor();
    const { numTensors } = memory();
    await evaluate(new Spy(), dataset, { batchSize: 20 });
    expect(modes).toEqual(['inference', 'inference']);
    expect(memory().numTensors).toBe(numTensors);
  });

  it('stops with the reason of the signal', async () => {
    const reason = new Error('enough');
    const run = evaluate(perceptron(0), xor(), { batchSize: 1, signal: AbortSignal.abort(reason) });
    await expect(run).rejects.toBe(reason);
  });

  it('stops on all ranks if one rank has the signal, and lets none of them wait', async () => {
    const stopped = new AbortController();
    const reason = new Error('enough');
    stopped.abort(reason);
    let sum: number[] = [];
    const first = { ...soloGroup, size: 2, sum: (values: GroupValues) => void (sum = [...values]) };
    const options = { batchSize: 1, group: first };
    const own = evaluate(perceptron(0), xor(), { ...options, signal: stopped.signal });
    await expect(own).rejects.toBe(reason);
    const other = { ...soloGroup, size: 2, rank: 1, sum: (values: GroupValues) => values.set(sum) };
    const elsewhere = evaluate(perceptron(0), xor(), { batchSize: 1, group: other });
    await expect(elsewhere).rejects.toBeInstanceOf(GroupStopped);
  });

  it('refuses a network without one score per class', async () => {
    const run = evaluate(new Linear(2, 3, { init: init.zeros }), xor(), { batchSize: 8 });
    await expect(run).rejects.toThrow(
      'Linear.forward: expected output of shape [8, 2] for xor, got [8, 3]',
    );
  });
});
