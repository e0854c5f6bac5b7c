import type { Geometry } from '../../geometry.ts';

/** Returns a geometry as the attributes of tfjs's kernels for convolution. */
export function attributes({ height, width }: Geometry) {
  return {
    strides: [height.stride, width.stride],
    // Always explicit: given one number, tfjs takes the filter's height for both axes.
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
