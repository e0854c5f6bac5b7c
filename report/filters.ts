import type { Module } from '../lib/module.ts';
import type { Picture } from './pictures.ts';

/**
 * Collects the kernels of the first box that has any, with the largest Σ value² first. They are the
 * pictures of `filtersInOrder`.
 */
export async function firstFilters(network: Module): Promise<Picture[]> {
  const size = ({ values }: Picture) =>
    Array.from(values).reduce((sum, value) => sum + value ** 2, 0);
  return (await filtersInOrder(network)).sort((a, b) => size(b) - size(a));
}

/**
 * Collects the kernels of the first box that has any. Each output channel is one picture. A kernel
 * with three input channels is shown in colour; of any other kernel, only the first input channel
 * is shown.
 */
export async function filtersInOrder(network: Module): Promise<Picture[]> {
  const kernels = Object.values(network.params).find(({ rank }) => rank === 4);
  if (kernels === undefined) return [];
  const [height, width, inputs, outputs] = kernels.shape;
  const values = await kernels.data();
  const channels = inputs === 3 ? 3 : 1;
  return Array.from({ length: outputs }, (_, output): Picture => {
    const picture = Float32Array.from({ length: height * width * channels }, (_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      return values[(pixel * inputs + channel) * outputs + output];
    });
    return { height, width, channels, values: picture };
  });
}
