import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';

/** The outputs of a max pool. */
export interface MaxPooled {
  readonly output: Tensor4D;
  /** The cell of the maximum of each window, if the backend records it. */
  readonly winners?: Tensor;
}

/** One backend's max pool and its gradient. */
export interface MaxPool2dKernels {
  /**
   * Computes the maxima y of the images x and, if the backend records them, the cells of the
   * maxima.
   */
  readonly forward: (images: Tensor4D, geometry: Geometry) => MaxPooled;
  /**
   * Computes ∂C/∂x from ∂C/∂y, x, y and, if the backend has recorded them, the cells of the maxima.
   */
  readonly toInput: (
    gradOutput: Tensor4D,
    images: Tensor4D,
    output: Tensor4D,
    geometry: Geometry,
    winners?: Tensor,
  ) => Tensor4D;
}
