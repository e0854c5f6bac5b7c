import * as tf from '@tensorflow/tfjs-core';
import { zeros } from '../../../lib/init/initializers.ts';
import { summarize } from '../../../inspect/index.ts';
import { AdaptiveAvgPool2D } from '../../../modules/adaptiveAvgPool2d.ts';
import { Branch } from '../../../modules/container/branch.ts';
import { Graph } from '../../../modules/container/graph.ts';
import { Sequential } from '../../../modules/container/sequential.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { HardSigmoid } from '../../../modules/hardSigmoid.ts';
import { Identity } from '../../../modules/identity.ts';
import { Product } from '../../../modules/product.ts';
import { ReLU } from '../../../modules/relu.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFixture } from '../../support/fixtures.ts';

/*
 * Squeeze and excitation (Hu et al. 2017, arXiv:1709.01507) in the form of MobileNetV3: a small
 * network looks at the means of the channels and gates each channel.
 */

const gate = (channels: number, squeezed: number) =>
  new Sequential({
    squeeze: new AdaptiveAvgPool2D(1),
    reduce: new Conv2D(channels, squeezed, 1, { init: zeros }),
    relu: new ReLU(),
    expand: new Conv2D(squeezed, channels, 1, { init: zeros }),
    hardSigmoid: new HardSigmoid(),
  });

describe('as a Branch', () => {
  const make = (channels: number, squeezed: number) =>
    new Branch({ image: new Identity(), gate: gate(channels, squeezed) }, { merge: 'product' });
  describeFixture('squeezeExcitation', make);
  describeContract(
    () => make(3, 2),
    () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 3])],
  );
});

// The gate is the first factor, so it is the first input that is repeated.
const asGraph = (channels: number, squeezed: number) =>
  new Graph({
    inputs: 'image',
    nodes: [
      ['gate', gate(channels, squeezed), 'image'],
      ['gated', new Product(), ['gate', 'image']],
    ],
    outputs: 'gated',
  });

describe('as a Graph', () => {
  describeFixture('squeezeExcitation', asGraph);
});

test('an output sees the whole image, and neighbouring outputs are one pixel apart', () => {
  const network = new Sequential([
    asGraph(4, 2),
    new Conv2D(4, 1, [3, 2], { stride: [2, 1], init: zeros }),
  ]);
  // The kernel adds 3 − 1 rows and 2 − 1 columns to the 9x7 pixels that the product sees.
  expect(summarize(network, [9, 7, 4]).rows.at(-1)?.receptiveField).toEqual([11, 8]);
});
