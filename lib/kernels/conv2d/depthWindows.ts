import { reshape, tidy, transpose, type Tensor4D, type Tensor5D } from '@tensorflow/tfjs-core';
import type { Axis } from '../../geometry.ts';
import { mapAxis, transposed, type AxisMap } from '../pad/axisMap.ts';

/*
 * A convolution of volumes is a convolution of images whose channels are the slices under the
 * kernel. tfjs's own convolution of volumes has a wrong gradient of the input on wasm.
 */

/**
 * Returns an image for each position of the windows along the depth. Its channels are those of all
 * slices in the window; slices in the padding are zeros. In each group of channels, the slices are
 * consecutive.
 *
 * Shapes: volumes [N, D, H, W, C]; output [N·D_out, H, W, groups·K_d·(C/groups)].
 */
export function depthWindows(volumes: Tensor5D, depth: Axis, groups: number): Tensor4D {
  const [batch, , height, width, channels] = volumes.shape;
  return tidy(() => {
    const slices = mapAxis(volumes, 1, slicesUnder(depth));
    const [images, cells] = [batch * depth.output, height * width];
    const perSlice = reshape(slices, [images, depth.kernel, cells, groups, channels / groups]);
    const perCell = transpose(perSlice, [0, 2, 3, 1, 4]);
    return reshape(perCell, [images, height, width, depth.kernel * channels]);
  });
}

/** The adjoint of `depthWindows`, which adds every slice to the one that it was read from. */
export function depthWindowsToInput(gradImages: Tensor4D, depth: Axis, groups: number): Tensor5D {
  const [images, height, width, all] = gradImages.shape;
  const [batch, channels] = [images / depth.output, all / depth.kernel];
  return tidy(() => {
    const cells = height * width;
    const perCell = reshape(gradImages, [images, cells, groups, depth.kernel, channels / groups]);
    const perSlice = transpose(perCell, [0, 3, 1, 2, 4]);
    const slices: Tensor5D = reshape(perSlice, [
      batch,
      depth.output * depth.kernel,
      height,
      width,
      channels,
    ]);
    return mapAxis(slices, 1, transposed(slicesUnder(depth)));
  });
}

/**
 * Returns the filters of the images of `depthWindows`.
 *
 * Shapes: filters [K_d, K_h, K_w, C, C_out]; output [K_h, K_w, K_d·C, C_out].
 */
export function filtersOfImages(filters: Tensor5D): Tensor4D {
  const [depth, height, width, channels, out] = filters.shape;
  return tidy(() =>
    reshape(transpose(filters, [1, 2, 0, 3, 4]), [height, width, depth * channels, out]),
  );
}

/** The inverse of `filtersOfImages`. */
export function filtersOfVolumes(filters: Tensor4D, depth: number): Tensor5D {
  const [height, width, all, out] = filters.shape;
  return tidy(() =>
    transpose(reshape(filters, [height, width, depth, all / depth, out]), [2, 0, 1, 3, 4]),
  );
}

/** The map from the slices of a volume to the slices of all windows. */
function slicesUnder(depth: Axis): AxisMap {
  const rows = Array.from({ length: depth.output * depth.kernel }, (_, k) => {
    const [window, tap] = [Math.floor(k / depth.kernel), k % depth.kernel];
    const slice = window * depth.stride + tap * depth.dilation - depth.before;
    const isInside = slice >= 0 && slice < depth.input;
    return isInside ? { first: slice, weights: [1] } : { first: 0, weights: [] };
  });
  return { input: depth.input, rows };
}
