import { matMul, reshape, tidy, transpose, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry.ts';
import { col2im, im2col } from './im2col.ts';

/**
 * A convolution whose filters differ from place to place. With the P = H_out·W_out places as a batch, each is a
 * matrix product of its own: the windows that N images have there, [N, K] with K = K_h·K_w·C_in, times the filters of
 * the place, [K, C_out]. Filters are [P, K, C_out] here, images [N, H, W, C_in], outputs [N, P, C_out].
 */

/** y[n,P,o] = Σ_k window(n,P)[k] w[P,k,o] */
export function locallyConnected(images: Tensor4D, filters: Tensor3D, geometry: Geometry): Tensor3D {
  return tidy(() => swap(matMul(swap(windowsOf(images, geometry)), filters)));
}

/** ∂C/∂window(n,P)[k] = Σ_o g[n,P,o] w[P,k,o], each added to the pixels of its window */
export function locallyConnectedToInput(
  gradOutput: Tensor3D,
  filters: Tensor3D,
  inChannels: number,
  geometry: Geometry,
): Tensor4D {
  return tidy(() => {
    const transposed: Tensor3D = transpose(filters, [0, 2, 1]);
    const gradWindows: Tensor3D = matMul(swap(gradOutput), transposed);
    const imageShape = [gradOutput.shape[0], geometry.height.input, geometry.width.input, inChannels];
    return col2im(swap(gradWindows), imageShape, geometry) as Tensor4D;
  });
}

/** ∂C/∂w[P,k,o] = Σ_n window(n,P)[k] g[n,P,o] */
export function locallyConnectedToFilters(
  images: Tensor4D,
  gradOutput: Tensor3D,
  geometry: Geometry,
): Tensor3D {
  return tidy(() => {
    const cellsFirst: Tensor3D = transpose(windowsOf(images, geometry), [1, 2, 0]);
    return matMul(cellsFirst, swap(gradOutput));
  });
}

function windowsOf(images: Tensor4D, geometry: Geometry): Tensor3D {
  const places = geometry.height.output * geometry.width.output;
  return reshape(im2col(images, geometry), [images.shape[0], places, -1]);
}

/** Places first to images first, and back. */
function swap(x: Tensor3D): Tensor3D {
  return transpose(x, [1, 0, 2]);
}
