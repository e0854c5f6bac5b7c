import { Flatten, Linear, Rng, Sequential, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { fastGradientSign } from 'boxprop/inspect';
import { loadMnist } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';

// Trains a linear classifier on MNIST. Then moves each pixel of the test images by 0.25 in the
// direction that raises the cost.
await useBackend('wasm');
const rng = new Rng(0);
const network = new Sequential([new Flatten(), new Linear(784, 10, { rng })]);
const optimizer = new SGD(network.params, { learningRate: 0.1 });
const { train, test } = await loadMnist();
const cost = new SoftmaxCrossEntropy();
await new Trainer({ network, cost, optimizer, train, batchSize: 64, epochs: 5, rng }).run();

const fooling = {
  name: test.name,
  length: test.length,
  inputShape: test.inputShape,
  classes: test.classes,
  batch(indices: Int32Array) {
    const { input, labels } = test.batch(indices);
    const moved = fastGradientSign(network, { input, labels, epsilon: 0.25 });
    input.dispose();
    return { input: moved, labels };
  },
};
for (const [name, data] of Object.entries({ test, fooling })) {
  const { errorRate } = await evaluate(network, data, { batchSize: 250 });
  console.log(`${name}: error ${(100 * errorRate).toFixed(2)} %`);
}
