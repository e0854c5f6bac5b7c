import { memory, tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { disposeTensors, Rng, SGD, SoftmaxCrossEntropy, type Context } from 'boxprop';
import { stepCompiler, type StepCompiler } from 'boxprop/train';
import { foldBatchNorm } from 'boxprop/inspect';
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
  // On other backends than tensorflow the compiler has no effect.
  const compiler = await stepCompiler();
  const compiled = backend === 'tensorflow' && setup.compile !== false;
  const run: StepCompiler['run'] = compiled ? compiler.run : (part) => part();
  return setup.inference ? { ...system, ...inference() } : { ...system, ...training() };

  function training() {
    const labels = tensor1d(networks.labels(table, batch), 'int32');
    const cost = new SoftmaxCrossEntropy();
    const { MOMENTUM: momentum } = networks;
    const { learningRate } = table;
    const optimizer = new SGD(network.params, { learningRate, momentum });
    const rng = new Rng(0);
    const asynchronous = backend === 'webgl' || backend === 'webgpu';
    const [first] = Object.keys(network.params);

    function forward(mode: Context['mode']) {
      const { output, cache } = network.forward(images, { mode, rng });
      const { loss, cache: costCache } = cost.forward(output, labels);
      network.updateBuffers(cache);
      return { loss, output, cache, costCache };
    }

    function backward({ output, cache, costCache }: Omit<ReturnType<typeof forward>, 'loss'>) {
      const gradOutput = cost.backpropToInput(costCache);
      disposeTensors([output, costCache]);
      const grads = network.backpropParams(gradOutput, cache);
      disposeTensors(gradOutput);
      return grads;
    }

    async function step({ dropout, apart }: StepOptions) {
      // Inference mode switches dropout off. It changes nothing else, because no network here has
      // both dropout and batch norm.
      const mode = table.dropout && !dropout ? 'inference' : 'training';
      return compiled ? stepAsGraphs(mode) : stepInParts(mode, apart);
    }

    /**
     * Runs forward and backward as one graph, as `trainStep` does, so they cannot be timed
     * separately.
     */
    async function stepAsGraphs(mode: Context['mode']) {
      const start = performance.now();
      const { loss, grads } = run(
        () => {
          const { loss, ...rest } = forward(mode);
          return { loss, grads: backward(rest) };
        },
        () => undefined,
      );
      run(() => optimizer.step(grads));
      const [value] = await loss.data();
      const end = performance.now();
      disposeTensors([loss, grads]);
      return { loss: value, step: end - start };
    }

    async function stepInParts(mode: Context['mode'], apart: boolean) {
      const start = performance.now();
      const { loss, ...rest } = forward(mode);
      if (apart && asynchronous) await loss.data();
      const forwardEnd = performance.now();
      const grads = backward(rest);
      if (apart && asynchronous) await grads[first].data();
      const backwardEnd = performance.now();
      optimizer.step(grads);
      const [value] = await loss.data();
      if (asynchronous) await network.params[first].data();
      const end = performance.now();
      disposeTensors([loss, grads]);
      const parts = {
        forward: forwardEnd - start,
        backward: backwardEnd - forwardEnd,
        update: end - backwardEnd,
      };
      return { loss: value, step: end - start, ...(apart && parts) };
    }

    return { asynchronous, step };
  }

  function inference() {
    const { network: folded } = foldBatchNorm(network);
    async function pass() {
      const start = performance.now();
      const output = run(
        (): Tensor => folded.infer(images),
        () => undefined,
      );
      const values = await output.data();
      const step = performance.now() - start;
      output.dispose();
      return { step, values };
    }
    const step = async () => ({ step: (await pass()).step });
    return { step, outputs: async () => [...(await pass()).values] };
  }
}
