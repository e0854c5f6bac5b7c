import { memory } from '@tensorflow/tfjs-core';
import { Adam, cosineRate, Rng, SoftmaxCrossEntropy, useBackend } from '../../index.ts';
import { compileStep, trainStep } from '../../train/index.ts';
import { BACKENDS } from '../support/fixtures.ts';
import { randomBatch, SCALED } from '../support/scaledNetworks.ts';

/** The number of steps of each training. */
const STEPS = 50;

/**
 * The learning rates that differ from 1e-4. At that rate GoogLeNet magnifies differences: on an AMD
 * processor they are 4e-7 for 24 steps, and then double every three steps.
 */
const RATES: Readonly<Record<string, number>> = {
  googlenet: 2e-5,
  'googlenet with both heads': 2e-5,
};

/** The losses of a training, with the short batch in every fifth step. */
async function losses(name: string, step: typeof trainStep): Promise<number[]> {
  const { build, wide } = SCALED[name];
  const rng = new Rng(1);
  const { width, inputShape } = wide;
  const network = build({ rng, width, inputShape, classes: 4 });
  const learningRate = RATES[name] ?? 1e-4;
  const optimizer = new Adam(network.params, { learningRate, eps: 1e-3 });
  const rate = cosineRate(learningRate, STEPS);
  const cost = new SoftmaxCrossEntropy();
  const batches = [8, 8, 8, 8, 6].map((size) => randomBatch(size, inputShape, 4));
  const found: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    optimizer.learningRate = rate(i);
    const [input, target] = batches[i % batches.length];
    found.push(await step({ network, cost, optimizer, input, target, rng: rng.fold(i) }));
  }
  for (const batch of batches) batch.forEach((tensor) => tensor.dispose());
  optimizer.dispose();
  network.dispose();
  return found;
}

// On backends other than tensorflow a compiled step is the plain one, so one network is enough.
describe.each(BACKENDS)('a compiled training of each network: %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const names = Object.keys(SCALED).slice(0, backend === 'tensorflow' ? undefined : 1);
  test.each(names)(
    '%s has the losses of an eager one',
    async (name) => {
      const { numTensors } = memory();
      const expected = await losses(name, trainStep);
      const lines: string[] = [];
      const step = await compileStep(trainStep, { warn: (line) => lines.push(line) });
      const actual = await losses(name, step);
      step.dispose();
      expect(lines).toEqual([]);
      expect(memory().numTensors).toBe(numTensors);
      const errors = actual.map((loss, i) => Math.abs(loss - expected[i]));
      expect(Math.max(...errors)).toBeLessThan(1e-5);
    },
    900_000,
  );
});
