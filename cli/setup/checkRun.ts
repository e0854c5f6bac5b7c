import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import type * as tfjs from '@tensorflow/tfjs-core';
import { repairUtil } from '../../lib/backend/tensorflow.ts';

/**
 * This is a separate program, because an incompatible native addon may crash the process. It loads
 * the tfjs-node of a folder, computes a convolution, its gradients and a matrix product, and prints
 * its findings as one line of JSON. It fails if a value is wrong.
 */

/** The findings of this program. */
export interface Findings {
  /** The version of TensorFlow's library. */
  readonly tensorflow: string;
  /** Whether a GPU is used. */
  readonly gpu: boolean;
  /**
   * The paths of two tfjs-core files: the one that tfjs-node loads, and the one that its dependency
   * `@tensorflow/tfjs` loads. They must be the same file.
   */
  readonly cores: readonly string[];
}

interface TfjsNode extends Pick<typeof tfjs, 'tensor4d' | 'conv2d' | 'matMul' | 'valueAndGrads'> {
  backend(): {
    readonly binding: { readonly TF_Version: string };
    readonly isUsingGpuDevice: boolean;
  };
}

const [folder] = process.argv.slice(2);
repairUtil(util);
const require = createRequire(join(folder, 'package.json'));
const tf = require(folder) as TfjsNode;

const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
const filter = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1]);
const gradOutput = tf.tensor4d([1, -1, 2, 0], [1, 2, 2, 1]);
const convolve = (x: tfjs.Tensor, w: tfjs.Tensor) =>
  tf.conv2d(x as tfjs.Tensor4D, w as tfjs.Tensor4D, 1, 'valid') as tfjs.Tensor;
const { value, grads } = tf.valueAndGrads(convolve)([image, filter], gradOutput);
expectValues('a convolution', value, [37, 47, 67, 77]);
expectValues('its gradient of the input', grads[0], [1, 1, -2, 5, 5, -4, 6, 8, 0]);
expectValues('its gradient of the filter', grads[1], [7, 9, 13, 15]);
const product = tf.matMul(
  tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]),
  tf.tensor4d([5, 6, 7, 8], [1, 1, 2, 2]),
);
expectValues('a matrix product', product, [19, 22, 43, 50]);

const { binding, isUsingGpuDevice } = tf.backend();
const core = '@tensorflow/tfjs-core';
const cores = [
  require.resolve(core),
  createRequire(require.resolve('@tensorflow/tfjs')).resolve(core),
];
const findings: Findings = { tensorflow: binding.TF_Version, gpu: isUsingGpuDevice, cores };
process.stdout.write(`${JSON.stringify(findings)}\n`);

/**
 * Compares values exactly. This is possible because the values are sums of small integers, which
 * are exact in any order.
 */
function expectValues(name: string, actual: tfjs.Tensor, expected: readonly number[]): void {
  const values = [...actual.dataSync()];
  if (values.join() !== expected.join()) {
    throw new Error(`${name}: expected ${expected.join(' ')}, got ${values.join(' ')}`);
  }
}
