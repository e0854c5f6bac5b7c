import { tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import {
  Conv2D,
  Flatten,
  Linear,
  MaxPool2D,
  ReLU,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
  type BackendName,
  type BackendOptions,
} from '../../index.ts';
import { trainStep } from '../../train/index.ts';
import { lenet } from '../../models/index.ts';

/**
 * A program that trains LeNet, or a network small enough for a software GPU, for three steps on a
 * backend. It prints the result as JSON and must then end.
 *
 *   trainSteps.ts NETWORK BACKEND OPTIONS
 */
export interface Trained {
  readonly backend: BackendName;
  readonly lines: readonly string[];
  readonly losses: readonly number[];
  /** The weights of the last layer. */
  readonly weights: readonly number[];
  readonly listeners: number;
  readonly globals: readonly string[];
}

const [kind, name, options = '{}'] = process.argv.slice(2);
const globals = Object.getOwnPropertyNames(globalThis);
const lines: string[] = [];
const log = (line: string) => void lines.push(line);
const backend = await useBackend(name as BackendName, {
  ...(JSON.parse(options) as BackendOptions),
  log,
});
const rng = new Rng(0);
const small = () =>
  new Sequential([
    new Conv2D(1, 4, 5, { stride: 3, rng }),
    new ReLU(),
    new MaxPool2D(2),
    new Flatten(),
    new Linear(64, 10, { rng }),
  ]);
const network = kind === 'lenet' ? lenet({ rng }) : small();
const optimizer = new SGD(network.params, { learningRate: 0.01, momentum: 0.9 });
const cost = new SoftmaxCrossEntropy();
const batch = 16;
const input = tensor4d(Float32Array.from(rng.normals(batch * 28 * 28)), [batch, 28, 28, 1]);
const target = tensor1d(
  Array.from({ length: batch }, (_, i) => i % 10),
  'int32',
);
const losses: number[] = [];
for (let i = 0; i < 3; i++)
  losses.push(await trainStep({ network, cost, optimizer, input, target }));
const trained: Trained = {
  backend,
  lines,
  losses,
  weights: [...(await Object.values(network.params).slice(-2)[0].data())],
  listeners:
    process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection'),
  globals: Object.getOwnPropertyNames(globalThis).filter((name) => !globals.includes(name)),
};
process.stdout.write(JSON.stringify(trained));
