import {
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
import { loadMnist } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';

await useBackend('wasm');
const rng = new Rng(0);
const network = new Sequential([
  new Conv2D(1, 8, 5, { stride: 2, rng }),
  new ReLU(),
  new MaxPool2D(2),
  new Flatten(),
  new Linear(8 * 6 * 6, 10, { rng }),
]);
const cost = new SoftmaxCrossEntropy();
const optimizer = new SGD(network.params, { learningRate: 0.05, momentum: 0.9 });
const { train, test } = await loadMnist();
await new Trainer({ network, cost, optimizer, train, batchSize: 64, epochs: 1, rng }).run();
const { accuracy } = await evaluate(network, test, { batchSize: 250 });
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
