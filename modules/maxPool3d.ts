import type { Tensor5D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { checkPoolPadding } from '../lib/geometry.ts';
import { maxPool2d, maxPool2dToInput } from '../lib/kernels/pool/maxPool2d.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import {
  alongDepth,
  checkPadding3D,
  columnsOf,
  slicesOf,
  triple,
  volumeGeometry,
  volumesOf,
  volumesOfColumns,
  type Geometry3D,
  type Padding3D,
  type Three,
  type Triple,
} from '../lib/volume.ts';
import { describeWindows, poolFacts } from '../lib/window.ts';

/** The options of `MaxPool3D`. */
export interface MaxPool3DOptions {
  /** s, in cells; the kernel's size by default, so that the windows tile the volume. */
  readonly stride?: Triple;
  /**
   * The number of cells that are added on each side, or [depth, height, width]; `'valid'` adds none
   * and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding3D;
  /** Whether the size of the output is rounded up; false by default. */
  readonly ceilMode?: boolean;
}

/** The values that `MaxPool3D` keeps for its backward method. */
export interface MaxPool3DCache {
  readonly input: Tensor5D;
  /** m, the largest values of the windows in each slice, [N, D, H', W', C]. */
  readonly perSlice: Tensor5D;
  readonly output: Tensor5D;
  readonly geometry: Geometry3D;
}

/**
 * The largest value of each window of a volume, channel by channel; windows may overlap. It is
 * found first within each slice, and then along the depth:
 *
 *   forward          m[n,z,i,j,c] = max_pq x_in[n, z, i·s + p − t, j·s + q − t, c]
 *                    x_out[n,k,i,j,c] = max_r m[n, k·s + r − t, i, j, c]
 *   backpropToInput  ∂C/∂m[n,z,i,j,c] = Σ_{k: z wins window k} ∂C/∂x_out[n,k,i,j,c]
 *                    ∂C/∂x_in[n,z,y,x,c] = Σ_{(i,j): (y,x) wins window (i,j)} ∂C/∂m[n,z,i,j,c]
 *
 * with r < K_d, p < K_h, q < K_w, stride s and t cells of padding (all per axis). If several are
 * equal, the first one wins and gets the whole gradient: slice by slice, then row by row. Padding
 * is never the maximum. A cell that wins several windows gets the sum; a cell that wins none gets
 * 0.
 *
 * `ceilMode` rounds D', H' and W' up, as in `MaxPool2D`.
 *
 * Shapes: input [N, D, H, W, C]; output, gradOutput [N, D', H', W', C], D' = ⌊(D + P − K_d)/s⌋ + 1,
 *         where P is the total padding of both sides.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; padding of more than half the kernel, which would leave windows without a cell.
 * Source: lecture, "Pooling", with one more axis; the sizes are those of PyTorch's MaxPool3d.
 *
 *     const box = new MaxPool3D([1, 2, 2]);
 *     box.infer(volumes);   // [N, D, ⌊H/2⌋, ⌊W/2⌋, C]
 */
export class MaxPool3D extends Module<Tensor5D, Tensor5D, MaxPool3DCache> {
  override readonly hidesInfinity = true;
  readonly kernelSize: Three;
  readonly stride: Three;
  readonly padding: Three | 'valid' | 'same';
  readonly ceilMode: boolean;

  constructor(kernelSize: Triple, options: MaxPool3DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'ceilMode']);
    this.kernelSize = triple(this, 'kernelSize', kernelSize);
    this.stride = triple(this, 'stride', options.stride ?? this.kernelSize);
    this.padding = checkPadding3D(this, options.padding ?? 'valid');
    checkPoolPadding(this, this.kernelSize, this.padding);
    this.ceilMode = options.ceilMode ?? false;
  }

  forward(input: Tensor5D): ForwardResult<Tensor5D, MaxPool3DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'D', 'H', 'W', 'C']);
    const geometry = this.#geometry(input.shape);
    const { height, width } = geometry;
    return tidy(() => {
      const perSlice = volumesOf(maxPool2d(slicesOf(input), geometry), input.shape[1]);
      const columns = maxPool2d(columnsOf(perSlice), alongDepth(geometry));
      const output = volumesOfColumns(columns, height.output, width.output);
      const cache = { input: input.clone(), perSlice, output: output.clone(), geometry };
      return { output, cache };
    });
  }

  backpropToInput(
    gradOutput: Tensor5D,
    { input, perSlice, output, geometry }: MaxPool3DCache,
  ): Tensor5D {
    checkGradOutput(this, 'backpropToInput', gradOutput, output.shape);
    const { depth, height, width } = geometry;
    return tidy(() => {
      const [g, m, x] = [gradOutput, perSlice, output].map(columnsOf);
      const columns = maxPool2dToInput(g, m, x, alongDepth(geometry));
      const gradPerSlice = slicesOf(volumesOfColumns(columns, height.output, width.output));
      const slices = slicesOf(input);
      const gradSlices = maxPool2dToInput(gradPerSlice, slices, slicesOf(perSlice), geometry);
      return volumesOf(gradSlices, depth.input);
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'D', 'H', 'W', 'C']);
    const { depth, height, width } = this.#geometry(input);
    return poolFacts(input, [depth, height, width]);
  }

  override describe(): string {
    return `MaxPool3D: ${describeWindows(this)}`;
  }

  #geometry([, ...sizes]: Shape): Geometry3D {
    return volumeGeometry(this, sizes, this);
  }
}
