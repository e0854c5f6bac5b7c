import {
  memory,
  tensor,
  tensor1d,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  Conv2D,
  GlobalAvgPool2D,
  init,
  Linear,
  MaxPool2D,
  disposeTensors,
  ReLU,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
  type BackendName,
} from 'boxprop';
import { alexnet, lenet, resnet20 } from 'boxprop/models';
import * as networks from './networks.ts';
import type { Setup, StepOptions, System } from './system.ts';

/** The networks that boxprop ships, and LeNet's convolutions for images of any size. */
const NETWORKS = {
  lenet,
  alexnet,
  resnet20,
  convnet: ({ rng }: { readonly rng: Rng }) =>
    new Sequential([
      new Conv2D(1, 20, 5, { padding: 2, rng }),
      new ReLU(),
      new MaxPool2D(2),
      new Conv2D(20, 50, 5, { padding: 2, rng }),
      new ReLU(),
      new MaxPool2D(2),
      new GlobalAvgPool2D(),
      new Linear(50, 10, { rng }),
    ]),
};

/** boxprop itself on one of its backends. */
export async function boxprop({ backend, batch, ...setup }: Setup): Promise<System> {
  await useBackend(backend as BackendName);
  const table = networks.describe(setup.network, setup.side);
  // Zeros are quick to make, and setWeights replaces them at once.
  const network = NETWORKS[setup.network]({ rng: new Rng(0), init: init.zeros });
  setWeights(network, table);
  const cost = new SoftmaxCrossEntropy();
  const { LEARNING_RATE: learningRate, MOMENTUM: momentum } = networks;
  const optimizer = new SGD(network.params, { learningRate, momentum });
  const images = tensor(networks.images(table, batch), [batch, ...table.input]);
  const labels = tensor1d(networks.labels(table, batch), 'int32');
  const rng = new Rng(0);
  const asynchronous = backend === 'webgl' || backend === 'webgpu';
  const [first] = Object.keys(network.params);

  async function step({ dropout, apart }: StepOptions) {
    // Inference mode switches dropout off. It changes nothing else, because no network here has
    // both dropout and batch norm.
    const mode = table.dropout && !dropout ? 'inference' : 'training';
    const start = performance.now();
    const { output, cache } = network.forward(images, { mode, rng });
    const { loss, cache: costCache } = cost.forward(output as Tensor2D, labels);
    network.updateBuffers(cache);
    if (apart && asynchronous) await loss.data();
    const forward = performance.now();
    const gradOutput = cost.backpropToInput(costCache);
    disposeTensors([output, costCache]);
    const grads = network.backpropParams(gradOutput, cache);
    if (apart && asynchronous) await grads[first].data();
    const backward = performance.now();
    optimizer.step(grads);
    const [value] = await loss.data();
    if (asynchronous) await network.params[first].data();
    const end = performance.now();
    disposeTensors([loss, gradOutput, grads]);
    const parts = {
      forward: forward - start,
      backward: backward - forward,
      update: end - backward,
    };
    return { loss: value, step: end - start, ...(apart && parts) };
  }

  const parameters = Object.values(network.params).reduce((total, { size }) => total + size, 0);
  return {
    name: 'boxprop',
    backend,
    parameters,
    asynchronous,
    step,
    liveTensors: () => memory().numTensors,
  };
}

function setWeights(network: Sequential, { layers }: networks.Network): void {
  const weights = Object.values(network.params).filter(({ rank }) => rank > 1);
  const weighted = networks.weighted(layers);
  if (weights.length !== weighted.length) {
    throw new Error(`expected ${weighted.length} weights, got ${weights.length}`);
  }
  weighted.forEach((layer, i) => {
    const values = tidy((): Tensor => {
      const drawn = tensor(networks.initialWeights(layer), networks.weightShape(layer));
      return layer.kind === 'conv' ? transpose(drawn, [1, 2, 3, 0]) : drawn;
    });
    weights[i].assign(values);
    values.dispose();
  });
}
