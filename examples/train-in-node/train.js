import { parseArgs } from 'node:util';
import {
  BatchNorm,
  Conv2D,
  Flatten,
  Linear,
  MaxPool2D,
  ReLU,
  Rng,
  SGD,
  Sequential,
  SoftmaxCrossEntropy,
  useBackend,
} from 'boxprop';
import { split, subset } from 'boxprop/data';
import { loadMnist, saveWeights } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';

// `npm start -- --examples 6000` takes a tenth of the images, for a first try.
const { values: options } = parseArgs({
  options: {
    examples: { type: 'string', default: '60000' },
    epochs: { type: 'string', default: '2' },
  },
});

await useBackend('wasm', { log: console.log });
const rng = new Rng(0);
const network = new Sequential([
  new Conv2D(1, 8, 5, { padding: 'same', rng }),
  new BatchNorm(8),
  new ReLU(),
  new MaxPool2D(2),
  new Conv2D(8, 16, 5, { padding: 'same', rng }),
  new BatchNorm(16),
  new ReLU(),
  new MaxPool2D(2),
  new Flatten(),
  new Linear(16 * 7 * 7, 10, { rng }),
]);
console.log(String(network));

const mnist = await loadMnist();
const used = subset(
  mnist.train,
  Array.from({ length: Number(options.examples) }, (_, n) => n),
);
// A tenth of the images is kept for validation. The test images are used once, at the end.
const [train, validation] = split(used, [0.9, 0.1], rng);

// Ctrl+C ends the training after the current step, and the weights are saved all the same.
const abort = new AbortController();
process.once('SIGINT', () => abort.abort());

const { ended } = await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4 }),
  train,
  validation,
  batchSize: 64,
  epochs: Number(options.epochs),
  rng,
  signal: abort.signal,
  onEpoch({ epoch, train, validation }) {
    const error = (100 * validation.errorRate).toFixed(2);
    console.log(`epoch ${epoch}: loss ${train.loss.toFixed(4)}, validation error ${error} %`);
  },
}).run();

await saveWeights('weights.safetensors', { ...network.params, ...network.buffers });
const { accuracy } = await evaluate(network, mnist.test, { batchSize: 250 });
console.log(`${ended}: test accuracy ${(100 * accuracy).toFixed(1)} %`);
