import type { Geometry } from '../../geometry.ts';

/** Converts a geometry to the attributes of tfjs's convolution kernels. */
export function attributes({ height, width }: Geometry) {
  return {
    strides: [height.stride, width.stride],
    // The padding is always explicit, because tfjs converts a single number to a padding with the
    // filter's height along both axes.
    pad: [
      [0, 0],
      [height.before, height.after],
      [width.before, width.after],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    dilations: [height.dilation, width.dilation],
  };
}
