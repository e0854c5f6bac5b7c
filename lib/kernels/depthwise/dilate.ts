import { tidy } from '@tensorflow/tfjs-core';
import {
  dilateFilters,
  isDilated,
  undilatedGeometry,
  withDilatedGradients,
} from '../conv2d/dilate.ts';
import type { DepthwiseKernels } from './depthwiseKernels.ts';

/**
 * Adds dilation to kernels that ignore or refuse it: the filters get zeros between their elements.
 */
export function withDilation(kernels: DepthwiseKernels): DepthwiseKernels {
  return {
    forward(images, filters, geometry) {
      if (!isDilated(geometry)) return kernels.forward(images, filters, geometry);
      return tidy(() =>
        kernels.forward(images, dilateFilters(filters, geometry), undilatedGeometry(geometry)),
      );
    },
    ...withDilatedGradients(kernels),
  };
}
