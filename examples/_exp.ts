import { useBackend, SGD, Rng, SoftmaxCrossEntropy } from '../index.ts';
import { lenet } from '../models/lenet.ts';
import { fit, evaluate, cosineRate, inverseRate } from '../lib/train/index.ts';
import { loadMnist } from '../lib/node/index.ts';
const [seed, epochs, rate, kind] = [
  Number(process.argv[2]),
  Number(process.argv[3]),
  Number(process.argv[4]),
  process.argv[5],
];
await useBackend('wasm');
const { train, test } = loadMnist();
const rng = new Rng(seed);
const network = lenet({ rng: rng.split() });
const optimizer = new SGD(network.params, { learningRate: rate, momentum: 0.9, weightDecay: 5e-4 });
const total = epochs * Math.ceil(train.length / 64);
let t = performance.now();
await fit({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer,
  dataset: train,
  batchSize: 64,
  epochs,
  rng,
  schedule: kind === 'cos' ? cosineRate(rate, total) : inverseRate(rate),
  onEpoch: async ({ epoch, loss }) => {
    const s = (performance.now() - t) / Math.ceil(train.length / 64);
    const e = await evaluate(network, test, 250);
    console.log(
      process.argv.slice(2).join(' '),
      'epoch',
      epoch,
      'loss',
      loss.toFixed(4),
      'acc',
      (100 * e.accuracy).toFixed(2),
      'ms/step',
      s.toFixed(1),
    );
    t = performance.now();
  },
});
