import { Rng, SGD, SoftmaxCrossEntropy, useBackend } from 'boxprop';
import { subset } from 'boxprop/data';
import { loadMnist, loadTrainedNetwork } from 'boxprop/node';
import { evaluate, freeze, Trainer } from 'boxprop/train';
import { build } from './network.js';
import { scans } from './scans.js';

// The digits of another scanner, with few images of each to learn from. How much does it help to
// start with the weights of `npm run pretrain`?
await useBackend('wasm');
const mnist = await loadMnist();
const test = scans(
  subset(
    mnist.test,
    Array.from({ length: 2000 }, (_, n) => n),
  ),
);

/** The network with the weights of the file, except those that `except` names. */
async function pretrained(except = []) {
  const { network } = await loadTrainedNetwork('pretrained.safetensors', {
    build: () => build(test.classes, new Rng(1)),
    inputShape: test.inputShape,
    except,
  });
  return network;
}

/** Each way returns the network, and the form of it that is trained. */
const ways = {
  'from nothing': async () => {
    const network = build(test.classes, new Rng(1));
    return { network, trained: network };
  },
  // For other classes than before, as with `train --from FILE --train-only head`.
  'a new head only': async () => {
    const network = await pretrained(['head.weight', 'head.bias']);
    return { network, trained: freeze(network, { except: ['head'] }) };
  },
  'a new head, features slowly': async () => {
    const network = await pretrained(['head.weight', 'head.bias']);
    const groups = [{ matches: (name) => name.startsWith('features.'), learningRateScale: 0.1 }];
    return { network, trained: network, groups };
  },
  // For the same classes on other images.
  'all boxes as they were': async () => {
    const network = await pretrained();
    return { network, trained: network };
  },
};

for (const each of [3, 10]) {
  console.log(`${each} images of each digit`);
  const train = scans(mnist.train, each);
  for (const [way, make] of Object.entries(ways)) {
    const { network, trained, groups = [] } = await make();
    await new Trainer({
      network: trained,
      cost: new SoftmaxCrossEntropy(),
      optimizer: new SGD(trained.params, { learningRate: 0.01, momentum: 0.9, groups }),
      train,
      batchSize: 10,
      epochs: Math.ceil(200 / each),
      rng: new Rng(2),
    }).run();
    const { accuracy } = await evaluate(network, test);
    console.log(`  ${way.padEnd(27)} test accuracy ${(100 * accuracy).toFixed(1)} %`);
    network.dispose();
  }
}
const untouched = await evaluate(await pretrained(), test);
console.log(`without any training: test accuracy ${(100 * untouched.accuracy).toFixed(1)} %`);
