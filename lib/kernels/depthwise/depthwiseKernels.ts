import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import type { ConvGradients } from '../conv2d/conv2dKernels.ts';

/** One backend's depthwise convolution and its gradients. */
export interface DepthwiseKernels extends ConvGradients {
  /** Computes the output y from the images x and the filters w. */
  readonly forward: (images: Tensor4D, filters: Tensor4D, geometry: Geometry) => Tensor4D;
}
