import type { Geometry } from '../../geometry.ts';

/** Returns a geometry as the attributes of tfjs's kernels for convolution. */
export function attributes({ height, width }: Geometry) {
  return {
    strides: [height.stride, width.stride],
    // The padding is always explicit, because for a single number tfjs uses the filter's height
    // along both axes.
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
