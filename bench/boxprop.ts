import { memory, tensor, tensor1d, type Tensor2D } from '@tensorflow/tfjs-core';
import { disposeTensors, Rng, SGD, SoftmaxCrossEntropy } from 'boxprop';
import { startBackend } from './backend.ts';
import { buildNetwork } from './boxpropNetwork.ts';
import * as networks from './networks.ts';
import type { Setup, StepOptions, System } from './system.ts';

/** boxprop itself on one of its backends: a training step, or a forward pass in inference. */
export async function boxprop(setup: Setup): Promise<System> {
  await startBackend(setup);
  const { backend, batch } = setup;
  const table = networks.describe(setup.network, setup.side);
  const network = buildNetwork(table);
  const images = tensor(networks.images(table, batch), [batch, ...table.input]);
  const system = {
    name: 'boxprop',
    backend,
    parameters: Object.values(network.params).reduce((total, { size }) => total + size, 0),
    liveTensors: () => memory().numTensors,
  };
  return setup.inference ? { ...system, ...inference() } : { ...system, ...training() };

  function training() {
    const labels = tensor1d(networks.labels(table, batch), 'int32');
    const cost = new SoftmaxCrossEntropy();
    const { LEARNING_RATE: learningRate, MOMENTUM: momentum } = networks;
    const optimizer = new SGD(network.params, { learningRate, momentum });
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

    return { asynchronous, step };
  }

  function inference() {
    async function run() {
      const start = performance.now();
      const output = network.infer(images);
      const values = await output.data();
      const step = performance.now() - start;
      output.dispose();
      return { step, values };
    }
    const step = async () => ({ step: (await run()).step });
    return { step, outputs: async () => [...(await run()).values] };
  }
}
