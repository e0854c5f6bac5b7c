import { Linear, ReLU, Rng, Sequential, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { ArrayDataset } from 'boxprop/data';
import { loadWeights } from 'boxprop/formats';
import { Trainer } from 'boxprop/train';

const backend = await useBackend('wasm');
const rng = new Rng(0);
const network = new Sequential([
  new Linear(2, 16, { rng }),
  new ReLU(),
  new Linear(16, 2, { rng }),
]);
const train = new ArrayDataset({
  name: 'exclusive or',
  inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
  inputShape: [2],
  labels: [0, 1, 1, 0],
  classes: 2,
});

async function show(title) {
  const { values } = await network.predict([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const classes = [0, 1, 2, 3].map((n) => Number(values[2 * n + 1] > values[2 * n]));
  document.querySelector('output').textContent = `${title}: ${classes.join(' ')}`;
}

await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.5 }),
  train,
  batchSize: 4,
  epochs: 200,
  rng,
}).run();
await show(`trained on ${backend}`);

document.querySelector('input').addEventListener('change', async ({ target }) => {
  await loadWeights(target.files[0], network.params);
  await show('loaded');
});
