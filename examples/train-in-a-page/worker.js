import { Rng, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { ArrayDataset } from 'boxprop/data';
import { serveTraining, Trainer } from 'boxprop/train';
import { buildNetwork } from './network.js';

/** Points of the square from -1 to 1; the class is whether the point lies in a ring. */
function ring(examples) {
  const rng = new Rng(1);
  const inputs = Float32Array.from({ length: 2 * examples }, () => 2 * rng.uniform() - 1);
  const labels = Array.from({ length: examples }, (_, n) => {
    const radius = Math.hypot(inputs[2 * n], inputs[2 * n + 1]);
    return Number(radius > 0.4 && radius < 0.8);
  });
  return new ArrayDataset({ name: 'ring', inputs, inputShape: [2], labels, classes: 2 });
}

serveTraining(async ({ epochs }, hooks) => {
  await useBackend('wasm');
  const network = buildNetwork();
  return new Trainer({
    network,
    cost: new SoftmaxCrossEntropy(),
    optimizer: new SGD(network.params, { learningRate: 0.1, momentum: 0.9 }),
    train: ring(2048),
    batchSize: 512,
    epochs,
    rng: new Rng(2),
    ...hooks,
  });
});
