import {
  getBackend,
  mul,
  pow,
  reshape,
  rsqrt,
  sqrt,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { constant, scalar } from '../../constant.ts';
import { computeOnHost, onHost } from '../backends/host.ts';
import { matMul } from '../matmul/matMul.ts';

/** y_c = Σ x_j over the channels j = c − before ... c + after that exist; channels are the last axis. */
export function sumOfChannels(x: Tensor, before: number, after: number): Tensor {
  const channels = x.shape[x.rank - 1];
  const first = (c: number) => Math.max(c - before, 0);
  const last = (c: number) => Math.min(c + after, channels - 1);
  if (onHost() && getBackend() !== 'wasm') {
    return computeOnHost([x], x.shape, (sums, values) => {
      for (let at = 0; at < values.length; at += channels) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let j = first(c); j <= last(c); j++) sum += values[at + j];
          sums[at + c] = sum;
        }
      }
    });
  }
  // A matrix that is 0 but for a band: where products are fast, nine times as fast as the loop with 32 channels, and
  // as fast with 256.
  const band = new Float64Array(channels * channels);
  for (let c = 0; c < channels; c++) {
    for (let j = first(c); j <= last(c); j++) band[j * channels + c] = 1;
  }
  return tidy(() => {
    const rows: Tensor2D = reshape(x, [x.size / channels, channels]);
    return reshape(matMul(rows, constant(band, [channels, channels])), x.shape);
  });
}

/** x^−power for x > 0. */
export function inversePower(x: Tensor, power: number): Tensor {
  return tidy(() => {
    if (power !== 0.75) return pow(x, scalar(-power));
    // The power of AlexNet and its kin, in a quarter of the time of `pow`.
    const root = rsqrt(x);
    return mul(root, sqrt(root));
  });
}
