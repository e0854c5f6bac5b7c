import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';

/** One backend's gradients of a convolution; conv2d.ts and depthwise.ts have their equations. */
export interface ConvGradients {
  /** ∂C/∂x from ∂C/∂y and w. */
  readonly toInput: (gradOutput: Tensor4D, filters: Tensor4D, geometry: Geometry) => Tensor4D;
  /** ∂C/∂w from x and ∂C/∂y. */
  readonly toFilter: (images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry) => Tensor4D;
}

/** One backend's convolution and its gradients. */
export interface Conv2dKernels extends ConvGradients {
  /** y from x, w, and, if there is one, b. */
  readonly forward: (
    images: Tensor4D,
    filters: Tensor4D,
    geometry: Geometry,
    bias?: Tensor,
  ) => Tensor4D;
}
