import type { Module } from '../lib/module.ts';
import type { Picture } from './pictures.ts';

/**
 * Collects the kernels of the first box that has any, one picture per output channel, the largest
 * first. Kernels of three input channels are in colour; of others the first channel is shown.
 */
export async function firstFilters(network: Module): Promise<Picture[]> {
  const kernels = Object.values(network.params).find(({ rank }) => rank === 4);
  if (kernels === undefined) return [];
  const [height, width, inputs, outputs] = kernels.shape;
  const values = await kernels.data();
  const channels = inputs === 3 ? 3 : 1;
  const pictures = Array.from({ length: outputs }, (_, output): Picture => {
    const picture = Float32Array.from({ length: height * width * channels }, (_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      return values[(pixel * inputs + channel) * outputs + output];
    });
    return { height, width, channels, values: picture };
  });
  const size = ({ values }: Picture) =>
    Array.from(values).reduce((sum, value) => sum + value ** 2, 0);
  return pictures.sort((a, b) => size(b) - size(a));
}
