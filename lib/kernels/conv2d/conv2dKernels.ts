import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';

/** One backend's gradients of a convolution; conv2d.ts and depthwise.ts have their equations. */
export interface ConvGradients {
  /** Computes ∂C/∂x, the gradient of the images, from ∂C/∂y and the filters w. */
  readonly toInput: (gradOutput: Tensor4D, filters: Tensor4D, geometry: Geometry) => Tensor4D;
  /** Computes ∂C/∂w, the gradient of the filters, from the images x and ∂C/∂y. */
  readonly toFilter: (images: Tensor4D, gradOutput: Tensor4D, geometry: Geometry) => Tensor4D;
}

/** One backend's convolution and its gradients. */
export interface Conv2dKernels extends ConvGradients {
  /** Computes the output y from the images x, the filters w and, if there is one, the bias b. */
  readonly forward: (
    images: Tensor4D,
    filters: Tensor4D,
    geometry: Geometry,
    bias?: Tensor,
  ) => Tensor4D;
}
