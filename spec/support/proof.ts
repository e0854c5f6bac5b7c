import { abs, max, memory, sub, tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import * as boxprop from '../../index.ts';
import { lenet } from '../../models/index.ts';
import { trainStep, type Optimizer } from '../../train/index.ts';
import {
  cases,
  gradcheckAll,
  type GradcheckAllOptions,
  type GradcheckReport,
} from '../../gradcheck/index.ts';
import { nonFiniteReport, type NonFiniteOptions } from './nonFinite.ts';
import { compareRealSizes, type RealResult, type RealSizesOptions } from './realSizes.ts';
import { numElements } from '../../lib/shapes.ts';
import type { Conv2dKernels } from '../../lib/kernels/conv2d/conv2dKernels.ts';
import { webglKernels } from '../../lib/kernels/conv2d/webgl.ts';

/**
 * Functions that test a backend. The parity specs call them in a page of a browser and in Node,
 * because a backend can only be tested where it runs.
 */

type Backend = 'cpu' | 'wasm' | 'tensorflow' | 'webgl' | 'webgpu';

/**
 * Without `cpuForward: false`, tfjs would compute small tensors with its cpu kernels and not test
 * the backend.
 */
const use = (backend: Backend) => boxprop.useBackend(backend, { cpuForward: false });

/** Compares every box on a backend with float64. */
export async function parity(
  backend: Backend,
  options: GradcheckAllOptions,
): Promise<GradcheckReport> {
  await use(backend);
  return gradcheckAll(boxprop, cases, { ...options, backend });
}

/** Compares boxes at the sizes of real networks on a backend with float64. */
export async function realSizes(
  backend: Backend,
  options: RealSizesOptions,
): Promise<RealResult[]> {
  await use(backend);
  return compareRealSizes(backend, options);
}

/** The differences from float64 at values that are not finite, of every box on a backend. */
export async function nonFinite(
  backend: Backend,
  options: NonFiniteOptions,
): Promise<Record<string, string[]>> {
  await use(backend);
  return nonFiniteReport(backend, options);
}

export interface LenetStep {
  readonly loss: number;
  readonly grads: Readonly<Record<string, number[]>>;
  /** The number of tensors that a second step leaks. */
  readonly left: number;
}

/** The loss of a training step of LeNet, and the gradients by parameter name. */
export async function lenetStep(backend: Backend | 'float64', batch: number): Promise<LenetStep> {
  await (backend === 'float64' ? boxprop.useBackend(backend) : use(backend));
  const rng = new boxprop.Rng(0);
  const network = lenet({ rng });
  const input = tensor4d(Float32Array.from(rng.normals(batch * 28 * 28)), [batch, 28, 28, 1]);
  const labels = Array.from({ length: batch }, (_, n) => (7 * n + 3) % 10);
  const target = tensor1d(labels, 'int32');
  const read: Promise<[string, number[]]>[] = [];
  const optimizer: Optimizer = {
    learningRate: 0,
    step(grads) {
      for (const [name, grad] of Object.entries(grads)) {
        const kept = grad.clone();
        read.push(kept.data().then((values) => (kept.dispose(), [name, Array.from(values)])));
      }
    },
  };
  const cost = new boxprop.SoftmaxCrossEntropy();
  const step = () => trainStep({ network, cost, optimizer, input, target });
  const loss = await step();
  const grads = Object.fromEntries(await Promise.all(read));
  const before = memory().numTensors;
  await step();
  await Promise.all(read);
  return { loss, grads, left: memory().numTensors - before };
}

/**
 * Compares a webgl convolution in parts of two images with the convolution of the whole batch.
 * Returns the largest difference of the output, the input gradient and the filter gradient.
 */
export async function convolutionInParts(): Promise<number[]> {
  await use('webgl');
  const rng = new boxprop.Rng(0);
  const draw = (...shape: [number, number, number, number]) =>
    tensor4d(Float32Array.from(rng.normals(numElements(shape))), shape);
  const axis = { stride: 1, dilation: 1, before: 0, after: 0 };
  const height = { ...axis, input: 7, kernel: 3, output: 5 };
  const width = { ...axis, input: 6, kernel: 2, output: 5 };
  const [x, w, g] = [draw(5, 7, 6, 3), draw(3, 2, 3, 4), draw(5, 5, 5, 4)];
  const compute = ({ forward, toInput, toFilter }: Conv2dKernels) => [
    forward(x, w, { height, width }),
    toInput(g, w, { height, width }),
    toFilter(x, g, { height, width }),
  ];
  const inParts = compute(webglKernels(2.5 * 25 * 18));
  const differences = compute(webglKernels()).map((whole, i) => max(abs(sub(whole, inParts[i]))));
  return Promise.all(differences.map(async (difference) => (await difference.data())[0]));
}
