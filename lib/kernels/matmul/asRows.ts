import { reshape, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/** What is done along the last axis, done to a matrix with a row an example: webgpu's kernels fail at five axes. */
export function asRows(x: Tensor, work: (rows: Tensor2D) => Tensor2D): Tensor {
  const columns = x.shape[x.rank - 1];
  return tidy(() => reshape(work(reshape(x, [x.size / columns, columns])), x.shape));
}
