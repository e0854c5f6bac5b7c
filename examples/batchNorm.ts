import {
  BatchNorm,
  Flatten,
  Linear,
  Rng,
  Sequential,
  SGD,
  Sigmoid,
  SoftmaxCrossEntropy,
  useBackend,
} from 'boxprop';
import { loadMnist } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';

// Ioffe & Szegedy 2015, section 4.1 and figure 1a: three layers of 100 sigmoids, batches of 60,
// with and without batch normalization. The paper trains for 50,000 steps; this example trains for
// five epochs of 1,000 steps.
await useBackend('wasm');
const { train, test } = await loadMnist();
const EPOCHS = 5;

function build(normalized: boolean, rng: Rng): Sequential {
  const layer = (from: number, to: number) => [
    new Linear(from, to, { rng, init: (shape, _, random) => gaussian(shape, random) }),
    ...(normalized ? [new BatchNorm(to)] : []),
    new Sigmoid(),
  ];
  return new Sequential([
    new Flatten(),
    ...layer(784, 100),
    ...layer(100, 100),
    ...layer(100, 100),
    new Linear(100, 10, { rng }),
  ]);
}

/** The paper draws weights from a Gaussian. */
function gaussian(shape: readonly number[], random: Rng | undefined) {
  const size = shape.reduce((product, length) => product * length, 1);
  return (random ?? new Rng(0)).normals(size, 0, 0.1);
}

const errors: Record<string, string[]> = {};
for (const normalized of [false, true]) {
  for (const learningRate of [0.1, 1]) {
    const rng = new Rng(0);
    const network = build(normalized, rng);
    const optimizer = new SGD(network.params, { learningRate });
    const row: string[] = [];
    const onEpoch = async () => {
      const { errorRate } = await evaluate(network, test, { batchSize: 500 });
      row.push(`${(100 * errorRate).toFixed(2)} %`);
    };
    const cost = new SoftmaxCrossEntropy();
    await new Trainer({
      network,
      cost,
      optimizer,
      train,
      batchSize: 60,
      epochs: EPOCHS,
      rng,
      onEpoch,
    }).run();
    errors[`${normalized ? 'with' : 'without'} batch norm, rate ${learningRate}`] = row;
  }
}
console.log('test error after epoch 1, 2, ...');
for (const [name, row] of Object.entries(errors))
  console.log(`${name.padEnd(28)} ${row.join('  ')}`);
