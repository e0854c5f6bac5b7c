import { Linear, Rng, Sequential, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { ArrayDataset } from 'boxprop/data';
import { evaluate, Trainer } from 'boxprop/train';
import { Swish } from './swish.ts';

/** Two spirals, one per class. */
function spirals(examples: number, rng: Rng): ArrayDataset {
  const inputs = new Float32Array(2 * examples);
  const labels = Array.from({ length: examples }, (_, n) => n % 2);
  for (let n = 0; n < examples; n++) {
    const radius = 0.1 + 0.9 * rng.uniform();
    const angle = 5 * radius + Math.PI * labels[n];
    inputs.set([radius * Math.cos(angle), radius * Math.sin(angle)], 2 * n);
  }
  return new ArrayDataset({ name: 'spirals', inputs, inputShape: [2], labels, classes: 2 });
}

await useBackend('wasm');
const rng = new Rng(0);
const boxes = [new Swish(), new Swish()];
const network = new Sequential([
  new Linear(2, 32, { rng }),
  boxes[0],
  new Linear(32, 32, { rng }),
  boxes[1],
  new Linear(32, 2, { rng }),
]);
await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.1, momentum: 0.9 }),
  train: spirals(1000, rng),
  batchSize: 50,
  epochs: 60,
  rng,
}).run();
const { accuracy } = await evaluate(network, spirals(500, rng));
console.log(`accuracy ${(100 * accuracy).toFixed(1)} %`);
const betas = boxes.map(({ params }) => params.beta.dataSync()[0].toFixed(2));
console.log(`learned beta: ${betas.join(', ')}`);
