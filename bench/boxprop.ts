import { Rng, SGD, SoftmaxCrossEntropy, useBackend, withBackend, release, type BackendName } from 'boxprop';
import { randomUniform, tensor1d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { lenet } from '../models/lenet.ts';
import type { Peer, Times } from './peer.ts';

/** boxprop itself, on one of its backends. */
export async function boxprop(backend: BackendName, batch: number): Promise<Peer> {
  await useBackend(backend);
  const network = lenet({ rng: new Rng(0) });
  const cost = new SoftmaxCrossEntropy();
  const optimizer = new SGD(network.params, { learningRate: 0.01, momentum: 0.9 });
  const images: Tensor = randomUniform([batch, 28, 28, 1], 0, 1, 'float32', 1);
  const labels = tensor1d(
    Array.from({ length: batch }, (_, i) => i % 10),
    'int32',
  );
  const step = (times: Record<keyof Times, number[]>) => {
    const start = performance.now();
    const { output, cache } = network.forward(images, { mode: 'training' });
    const { loss, cache: costCache } = cost.forward(output as Tensor2D, labels);
    const forward = performance.now();
    const gradOutput = cost.backpropToInput(costCache);
    const grads = network.sweep(gradOutput, cache);
    const backward = performance.now();
    optimizer.step(grads);
    loss.dataSync();
    const end = performance.now();
    release([output, loss, costCache, gradOutput, grads]);
    times.step.push(end - start);
    times.forward.push(forward - start);
    times.backward.push(backward - forward);
    times.update.push(end - backward);
  };
  const round = (steps: number) =>
    withBackend(backend, () => {
      const times = { step: [], forward: [], backward: [], update: [] };
      for (let i = 0; i < steps; i++) step(times);
      return times;
    });
  await round(3);
  return { system: 'boxprop', backend, round, close: () => {} };
}
