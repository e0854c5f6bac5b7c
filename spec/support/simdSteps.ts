import { dispose, tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import {
  BatchNorm,
  Conv2D,
  Flatten,
  GlobalAvgPool2D,
  Linear,
  MaxPool2D,
  ReLU,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
  type BackendOptions,
} from '../../index.ts';
import { trainStep } from '../../train/index.ts';

/** The result of `simdSteps`. */
export interface SimdSteps {
  readonly line: string;
  readonly losses: readonly number[];
  /** All parameters after the steps, in order. */
  readonly weights: readonly number[];
}

/**
 * Trains a network on wasm for four steps, with a large batch so that threads share the work. It
 * runs in Node, in pages and in workers, which must compute the same.
 */
export async function simdSteps(options: BackendOptions): Promise<SimdSteps> {
  let line = '';
  await useBackend('wasm', { ...options, log: (text) => void (line = text) });
  const rng = new Rng(0);
  const network = new Sequential([
    new Conv2D(3, 12, 3, { padding: 1, rng }),
    new BatchNorm(12),
    new ReLU(),
    new MaxPool2D(2),
    new Conv2D(12, 20, [3, 5], { stride: 2, padding: 2, groups: 2, rng }),
    new ReLU(),
    new GlobalAvgPool2D(),
    new Flatten(),
    new Linear(20, 10, { rng }),
  ]);
  const cost = new SoftmaxCrossEntropy();
  const optimizer = new SGD(network.params, { learningRate: 0.1, momentum: 0.9 });
  const batch = 16;
  const input = tensor4d(Float32Array.from(rng.normals(batch * 24 * 20 * 3)), [batch, 24, 20, 3]);
  const target = tensor1d(
    Array.from({ length: batch }, (_, i) => i % 10),
    'int32',
  );
  const losses: number[] = [];
  for (let step = 0; step < 4; step++)
    losses.push(await trainStep({ network, cost, optimizer, input, target }));
  const weights = Object.values(network.params).flatMap((param) => [...param.dataSync()]);
  dispose([input, target]);
  return { line, losses, weights };
}
