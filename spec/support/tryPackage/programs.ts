/**
 * The programs that every runtime runs in the empty project. Each prints one line; the lines of
 * `training` must be the same everywhere, to the last digit.
 */

/** Trains a small convolutional network on a backend, and prints its losses. */
export const training = (backend: string) => `
import { Conv2D, Flatten, Linear, ReLU, Rng, Sequential, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { ArrayDataset } from 'boxprop/data';
import { Trainer } from 'boxprop/train';

await useBackend(${backend});
const rng = new Rng(0);
const network = new Sequential([
  new Conv2D(1, 4, 3, { stride: 2, rng }),
  new ReLU(),
  new Flatten(),
  new Linear(4 * 4 * 3, 3, { rng }),
]);
const train = new ArrayDataset({
  name: 'noise',
  inputs: rng.normals(30 * 9 * 7),
  inputShape: [9, 7, 1],
  labels: Array.from({ length: 30 }, (_, n) => n % 3),
  classes: 3,
});
const losses = [];
await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.1, momentum: 0.9 }),
  train,
  batchSize: 10,
  epochs: 3,
  rng,
  onEpoch: (event) => losses.push(event.train.loss),
}).run();
console.log(losses.join(' '));
`;

/** Imports every entry of the package. */
export const imports = (entries: readonly string[]) =>
  `for (const entry of ${JSON.stringify(entries)}) await import(entry);\nconsole.log('ok');\n`;

/** Requires every entry from CommonJS. */
export const requires = (entries: readonly string[]) => `
const { Linear } = require('boxprop');
for (const entry of ${JSON.stringify(entries)}) require(entry);
import('boxprop').then((imported) => console.log(imported.Linear === Linear ? 'ok' : 'two copies'));
`;

/** A box of a user in TypeScript, and one line that must not compile. */
export const typed = `
import { mul, square, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { Linear, Module, Rng, scalar, type ForwardResult } from 'boxprop';

export class Square extends Module<Tensor, Tensor, { input: Tensor }> {
  forward(input: Tensor): ForwardResult<Tensor, { input: Tensor }> {
    return { output: square(input), cache: { input: input.clone() } };
  }
  backpropToInput(gradOutput: Tensor, { input }: { input: Tensor }): Tensor {
    return tidy(() => mul(gradOutput, mul(scalar(2), input)));
  }
}
// @ts-expect-error a size is a number
export const wrong = new Linear('3', 2, { rng: new Rng(0) });
`;

/** The program of a page, which leaves its result in a global variable. */
export const page = `
import { Linear, Rng, useBackend } from 'boxprop';
async function run() {
  const backend = await useBackend('wasm');
  const { shape } = await new Linear(2, 3, { rng: new Rng(0) }).predict([[1, 2]]);
  return backend + ' [' + shape + ']';
}
globalThis.result = run().catch((error) => error.message);
`;
