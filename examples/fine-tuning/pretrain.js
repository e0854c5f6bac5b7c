import { parseArgs } from 'node:util';
import { Rng, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { subset } from 'boxprop/data';
import { loadMnist, saveWeights } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';
import { build } from './network.js';

// Trains on MNIST, for one epoch of 20,000 images: `-- --examples 60000` takes all of them.
const { values } = parseArgs({ options: { examples: { type: 'string', default: '20000' } } });

await useBackend('wasm');
const rng = new Rng(0);
const { train, test } = await loadMnist();
const network = build(train.classes, rng);
await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.05, momentum: 0.9 }),
  train: subset(
    train,
    Array.from({ length: Number(values.examples) }, (_, n) => n),
  ),
  batchSize: 64,
  epochs: 1,
  rng,
}).run();
await saveWeights('pretrained.safetensors', { ...network.params, ...network.buffers });
const { accuracy } = await evaluate(network, test);
console.log(`MNIST: test accuracy ${(100 * accuracy).toFixed(1)} %`);
