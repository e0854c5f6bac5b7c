import {
  Flatten,
  Linear,
  ReLU,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
} from 'boxprop';
import { channelStatistics, mapInputs, standardization, stratifiedSplit } from 'boxprop/data';
import { loadCsv } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';

await useBackend('wasm');
const rng = new Rng(0);

const table = await loadCsv('table.csv', { labelColumn: 'kind' });
console.log(
  `${table.length} rows: ${table.columns.join(', ')}, and one of ${table.classNames.join(', ')}`,
);
// A quarter of each class is held out.
const [train, test] = await stratifiedSplit(table, [0.75, 0.25], rng);

// Columns in different units get mean 0 and deviation 1, those of the training rows.
const scale = standardization(await channelStatistics(train));
const network = new Sequential([
  new Flatten(),
  new Linear(table.columns.length, 16, { rng }),
  new ReLU(),
  new Linear(16, table.classes, { rng }),
]);
await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.1, momentum: 0.9 }),
  train: mapInputs(train, scale),
  batchSize: 25,
  epochs: 30,
  rng,
}).run();
const { accuracy } = await evaluate(network, mapInputs(test, scale));
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
