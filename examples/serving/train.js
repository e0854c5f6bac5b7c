import { parseArgs } from 'node:util';
import { Rng, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { subset } from 'boxprop/data';
import { loadMnist, saveWeights } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';
import { build, WEIGHTS } from './model.js';

// Trains LeNet on MNIST for one epoch: `npm run train -- --examples 6000` takes a tenth of it.
const { values } = parseArgs({ options: { examples: { type: 'string', default: '60000' } } });

await useBackend('wasm');
const { train, test } = await loadMnist();
const network = build();
await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.02, momentum: 0.9 }),
  train: subset(
    train,
    Array.from({ length: Number(values.examples) }, (_, n) => n),
  ),
  batchSize: 32,
  epochs: 1,
  rng: new Rng(1),
}).run();
await saveWeights(WEIGHTS, { ...network.params, ...network.buffers });
const { accuracy } = await evaluate(network, test, { batchSize: 250 });
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
