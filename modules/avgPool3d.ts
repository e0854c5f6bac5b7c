import type { Tensor5D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkTensor } from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { checkPoolPadding } from '../lib/geometry.ts';
import { avgPool2d, avgPool2dToInput } from '../lib/kernels/pool/avgPool2d.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import {
  alongDepth,
  checkPadding3D,
  columnsOf,
  outputSizes,
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

/** The options of `AvgPool3D`. */
export interface AvgPool3DOptions {
  /** s, in cells; the kernel's size by default, so that the windows tile the volume. */
  readonly stride?: Triple;
  /**
   * The number of cells that are added on each side, or [depth, height, width]; `'valid'` adds none
   * and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding3D;
  /** Whether the size of the output is rounded up; false by default. */
  readonly ceilMode?: boolean;
  /** Whether the zeros of the padding count in the average; true by default. */
  readonly countIncludePad?: boolean;
}

/** The values that `AvgPool3D` keeps for its backward method. */
export interface AvgPool3DCache {
  readonly inputShape: Shape;
  readonly geometry: Geometry3D;
}

/**
 * The average of each window of a volume, channel by channel; windows may overlap. It is computed
 * first within each slice, and then along the depth:
 *
 *   forward          m[n,z,i,j,c] = 1/a_ij Σ_pq x_in[n, z, i·s + p − t, j·s + q − t, c]
 *                    x_out[n,k,i,j,c] = 1/a_k Σ_r m[n, k·s + r − t, i, j, c]
 *   backpropToInput  ∂C/∂m[n,z,i,j,c] = Σ_{(k,r): k·s+r−t=z} 1/a_k ∂C/∂x_out[n,k,i,j,c]
 *                    ∂C/∂x_in[n,z,y,x,c] = Σ_{(i,p): i·s+p−t=y} Σ_{(j,q): j·s+q−t=x}
 *                                            1/a_ij ∂C/∂m[n,z,i,j,c]
 *
 * with r < K_d, p < K_h, q < K_w, stride s and t cells of padding (all per axis), and x_in = 0 in
 * the padding. a_k and a_ij count the window's cells inside the padded input, or, without
 * `countIncludePad`, inside the input; a window is a cuboid, so a_k a_ij is the number of its
 * cells.
 *
 * `ceilMode` rounds D', H' and W' up, as in `AvgPool2D`. Cells beyond the padding never count.
 *
 * Shapes: input [N, D, H, W, C]; output, gradOutput [N, D', H', W', C], D' = ⌊(D + P − K_d)/s⌋ + 1,
 *         where P is the total padding of both sides.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; padding of more than half the kernel, which would leave windows without a cell.
 * Source: lecture, "Pooling", with one more axis; the sizes and counts are those of PyTorch's
 *         AvgPool3d.
 *
 *     const box = new AvgPool3D(3, { stride: [1, 2, 2], padding: 1 });
 *     box.infer(volumes);   // [N, D, ⌈H/2⌉, ⌈W/2⌉, C]
 */
export class AvgPool3D extends Module<Tensor5D, Tensor5D, AvgPool3DCache> {
  override readonly hidesInfinity = false;
  readonly kernelSize: Three;
  readonly stride: Three;
  readonly padding: Three | 'valid' | 'same';
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;

  constructor(kernelSize: Triple, options: AvgPool3DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding', 'ceilMode', 'countIncludePad']);
    this.kernelSize = triple(this, 'kernelSize', kernelSize);
    this.stride = triple(this, 'stride', options.stride ?? this.kernelSize);
    this.padding = checkPadding3D(this, options.padding ?? 'valid');
    checkPoolPadding(this, this.kernelSize, this.padding);
    this.ceilMode = options.ceilMode ?? false;
    this.countIncludePad = options.countIncludePad ?? true;
  }

  forward(input: Tensor5D): ForwardResult<Tensor5D, AvgPool3DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'D', 'H', 'W', 'C']);
    const geometry = this.#geometry(input.shape);
    const { depth, height, width } = geometry;
    const output = tidy(() => {
      const slices = avgPool2d(slicesOf(input), geometry, this.countIncludePad);
      const columns = columnsOf(volumesOf(slices, depth.input));
      const means = avgPool2d(columns, alongDepth(geometry), this.countIncludePad);
      return volumesOfColumns(means, height.output, width.output);
    });
    return { output, cache: { inputShape: input.shape, geometry } };
  }

  backpropToInput(gradOutput: Tensor5D, { inputShape, geometry }: AvgPool3DCache): Tensor5D {
    const { depth, height, width } = geometry;
    const outputShape = [inputShape[0], ...outputSizes(geometry), inputShape[4]];
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    return tidy(() => {
      const columns = columnsOf(gradOutput);
      const gradColumns = avgPool2dToInput(columns, alongDepth(geometry), this.countIncludePad);
      const gradSlices = slicesOf(volumesOfColumns(gradColumns, height.output, width.output));
      return volumesOf(avgPool2dToInput(gradSlices, geometry, this.countIncludePad), depth.input);
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'D', 'H', 'W', 'C']);
    const { depth, height, width } = this.#geometry(input);
    return poolFacts(input, [depth, height, width]);
  }

  override describe(): string {
    return `AvgPool3D: ${describeWindows(this)}`;
  }

  #geometry([, ...sizes]: Shape): Geometry3D {
    return volumeGeometry(this, sizes, this);
  }
}
