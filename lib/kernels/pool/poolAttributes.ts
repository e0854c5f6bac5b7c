import type { Geometry } from '../../geometry.ts';

/** Returns a geometry as the attributes of tfjs's kernels for pooling. */
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
