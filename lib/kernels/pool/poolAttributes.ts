import type { Geometry } from '../../geometry.ts';

/**
 * The maximal number of channels for tfjs's AvgPool on wasm. For windows of more than nine cells,
 * the kernel stores one value per channel on its stack of 64 KiB. With 16384 channels it would
 * overwrite other tensors without an error.
 */
export const MAX_AVGPOOL_CHANNELS = 8192;

/** Converts a geometry to the attributes of tfjs's pooling kernels. */
export function poolAttributes({ height, width }: Geometry) {
  return {
    filterSize: [height.kernel, width.kernel],
    strides: [height.stride, width.stride],
    pad: [
      [0, 0],
      [height.before, height.after],
      [width.before, width.after],
      [0, 0],
    ],
  };
}
