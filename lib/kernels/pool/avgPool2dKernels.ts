import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';

/** One backend's average pool and its gradient; `avgPool2d.ts` says which cells count. */
export interface AvgPool2dKernels {
  readonly forward: (images: Tensor4D, geometry: Geometry, countPadding: boolean) => Tensor4D;
  readonly toInput: (gradOutput: Tensor4D, geometry: Geometry, countPadding: boolean) => Tensor4D;
}
