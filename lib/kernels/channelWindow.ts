import { matMul, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { constant } from './constant.ts';
import { computeOnHost, onHost } from './host.ts';

/** y_c = Σ x_j over the channels j = c − before ... c + after that exist; channels are the last axis. */
export function sumOfChannels(x: Tensor, before: number, after: number): Tensor {
  const channels = x.shape[x.rank - 1];
  const first = (c: number) => Math.max(c - before, 0);
  const last = (c: number) => Math.min(c + after, channels - 1);
  if (!onHost()) {
    const band = new Float32Array(channels * channels);
    for (let c = 0; c < channels; c++) {
      for (let j = first(c); j <= last(c); j++) band[j * channels + c] = 1;
    }
    return tidy(() => {
      const rows = reshape(x, [x.size / channels, channels]);
      return reshape(matMul(rows, constant(band, [channels, channels])), x.shape);
    });
  }
  // The work of a band matrix is all but a few of each row's products with 0.
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
