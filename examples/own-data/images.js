import {
  BatchNorm,
  Conv2D,
  Flatten,
  GlobalAvgPool2D,
  Linear,
  MaxPool2D,
  ReLU,
  Rng,
  SGD,
  Sequential,
  SoftmaxCrossEntropy,
  useBackend,
} from 'boxprop';
import { augment, flip, preprocess, PREPROCESSINGS, shift } from 'boxprop/data';
import { loadImage, loadImageFolder } from 'boxprop/node';
import { evaluate, Trainer } from 'boxprop/train';

await useBackend('wasm');
const rng = new Rng(0);

// One folder per class. All images are resized to this height, width and number of channels.
const inputShape = [32, 40, 3];
const train = await loadImageFolder('photos/train', { inputShape });
const test = await loadImageFolder('photos/test', { inputShape, classNames: train.classNames });
// The loader says which files it has left out.
for (const note of [train, test].flatMap(({ notes = [] }) => notes)) console.log(note);
console.log(`${train.length} images of ${train.classNames.join(', ')}`);

const stage = (from, to) => [
  new Conv2D(from, to, 3, { padding: 'same', rng }),
  new BatchNorm(to),
  new ReLU(),
  new MaxPool2D(2),
];
const network = new Sequential([
  ...stage(3, 16),
  ...stage(16, 32),
  ...stage(32, 32),
  new GlobalAvgPool2D(),
  new Flatten(),
  new Linear(32, train.classes, { rng }),
]);
await new Trainer({
  network,
  cost: new SoftmaxCrossEntropy(),
  optimizer: new SGD(network.params, { learningRate: 0.05, momentum: 0.9 }),
  // Each time the network sees an image, it is mirrored or not, and moved a little.
  train: augment(train, [flip(), shift(2)]),
  batchSize: 30,
  epochs: 12,
  rng,
}).run();

const { accuracy, confusion } = await evaluate(network, test);
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
for (const [n, row] of confusion.entries()) {
  const answers = row.map((count, k) => `${count} ${train.classNames[k]}`);
  console.log(`  ${train.classNames[n]}: ${answers.join(', ')}`);
}

// One image, as a program that uses the network would read it.
const image = await loadImage('photos/test/circle/0.png');
const input = preprocess(image, inputShape, PREPROCESSINGS.unit);
const { values } = await network.predict(input);
input.dispose();
console.log(`photos/test/circle/0.png: ${train.classNames[values.indexOf(Math.max(...values))]}`);
