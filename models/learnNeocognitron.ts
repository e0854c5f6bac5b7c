import { slice, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkOptions, checkSize } from '../lib/check.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import type { SCell, SCellCache } from '../modules/historic/sCell.ts';
import type { Neocognitron } from './neocognitron.ts';

/** The options of `learnNeocognitron`. */
export interface LearnNeocognitronOptions {
  /** The number of times that each layer sees each image; 20 by default. */
  readonly passes?: number;
  /** The learning rate q of each layer of S-cells; `[1, 16, 16]` by default. */
  readonly learningRates?: readonly number[];
  /**
   * The side of an S-column (see `representatives`) in each layer, in cells; `[5, 5, 2]` by
   * default.
   */
  readonly columnSizes?: readonly number[];
}

/** A cell in a layer of S-cells. */
export interface Cell {
  /** The row of the cell in its plane. */
  readonly row: number;
  /** The column of the cell in its plane. */
  readonly column: number;
  /** The plane of the cell. */
  readonly plane: number;
}

/**
 * Trains a neocognitron without labels, one layer of S-cells after the other. Each layer learns
 * from the outputs of the layers before it, which no longer change. An image changes the
 * connections of its representatives, the cells that respond most. All cells of a plane share their
 * connections, so the whole plane changes:
 *
 *   Δa_k(κ, ν) = q c(ν) u(κ, n + ν)        for a representative at position n in plane k
 *   Δb_k = (q/2) v(n)
 *
 * Here a are the excitatory connections, b is the inhibitory one, c are fixed weights over the
 * window, u are the cell's inputs, and v is its inhibiting input. A representative thus learns to
 * respond to the pattern that it sees, and every other pattern inhibits it.
 *
 * Shapes: images [N, H, W, 1], not negative.
 * Errors: those of the boxes; passes below 1; an unknown option.
 * Source: Fukushima 1980, Biological Cybernetics 36, section 3.
 *
 *     const network = neocognitron({ rng: new Rng(0) });
 *     await learnNeocognitron(network, images);
 */
export async function learnNeocognitron(
  network: Pick<Neocognitron, 'layers'>,
  images: Tensor4D,
  options: LearnNeocognitronOptions = {},
): Promise<void> {
  checkOptions('learnNeocognitron', options, ['passes', 'learningRates', 'columnSizes']);
  const { passes = 20, learningRates = [1, 16, 16], columnSizes = [5, 5, 2] } = options;
  checkSize(network, 'passes', passes);
  let input = images.clone();
  for (const [layer, { S, C }] of network.layers.entries()) {
    for (let pass = 0; pass < passes; pass++) {
      for (let n = 0; n < images.shape[0]; n++) {
        const one: Tensor4D = tidy(() => slice(input, [n, 0, 0, 0], [1, -1, -1, -1]));
        await reinforce(S, one, {
          learningRate: learningRates[layer],
          columnSize: columnSizes[layer],
        });
        one.dispose();
      }
      await yieldToEventLoop();
    }
    const next = tidy(() => {
      const output = S.infer(input);
      return C === undefined ? output : C.infer(output);
    });
    input.dispose();
    input = next;
  }
  input.dispose();
}

/**
 * Finds the representatives among S-cells. An S-column is a square of cells through all planes.
 * There is one at each position where the square fits into the layer; if the layer is smaller, the
 * whole layer is one. The cell with the largest output in an S-column is a candidate, if that
 * output is above 0. The representative of a plane is its candidate with the largest output.
 *
 * @param values the outputs for one image, [H, W, planes].
 *
 *     const cells = representatives(await output.data(), [height, width, planes], 5);
 *     cells.length; // at most one per plane
 */
export function representatives(
  values: ArrayLike<number>,
  [height, width, planes]: readonly [number, number, number],
  columnSize: number,
): Cell[] {
  const at = ({ row, column, plane }: Cell) => values[(row * width + column) * planes + plane];
  const [rows, columns] = [Math.min(height, columnSize), Math.min(width, columnSize)];
  const best = new Map<number, Cell>();
  for (let top = 0; top + rows <= height; top++) {
    for (let left = 0; left + columns <= width; left++) {
      let candidate: Cell = { row: top, column: left, plane: 0 };
      for (let row = top; row < top + rows; row++) {
        for (let column = left; column < left + columns; column++) {
          for (let plane = 0; plane < planes; plane++) {
            if (at({ row, column, plane }) > at(candidate)) candidate = { row, column, plane };
          }
        }
      }
      const rival = best.get(candidate.plane);
      if (at(candidate) > (rival === undefined ? 0 : at(rival)))
        best.set(candidate.plane, candidate);
    }
  }
  return [...best.values()];
}

/** Reinforces the representatives of a layer of S-cells for one image. */
async function reinforce(
  cell: SCell,
  input: Tensor4D,
  { learningRate, columnSize }: { learningRate: number; columnSize: number },
): Promise<void> {
  const { output, cache } = cell.forward(input);
  const [, height, width, planes] = output.shape;
  const cells = representatives(await output.data(), [height, width, planes], columnSize);
  await strengthen(cell, cache, { cells, learningRate });
  disposeTensors([output, cache]);
}

/** Adds Δa and Δb of each representative to the connections. */
async function strengthen(
  cell: SCell,
  cache: SCellCache,
  { cells, learningRate }: { cells: readonly Cell[]; learningRate: number },
): Promise<void> {
  const { weight, inhibition } = cell.params;
  const c = cell.window();
  const [a, b, u, v, window] = await Promise.all(
    [weight, inhibition, cache.input, cache.inhibitor, c].map((tensor) => tensor.data()),
  );
  const { height, width } = cache.geometry;
  const [newA, newB] = [Float64Array.from(a), Float64Array.from(b)];
  for (const { row, column, plane } of cells) {
    newB[plane] += (learningRate / 2) * v[row * width.output + column];
    for (let p = 0; p < height.kernel; p++) {
      for (let q = 0; q < width.kernel; q++) {
        const [y, x] = [
          row * height.stride + p - height.before,
          column * width.stride + q - width.before,
        ];
        if (y < 0 || y >= height.input || x < 0 || x >= width.input) continue;
        for (let k = 0; k < cell.inPlanes; k++) {
          const from = (p * width.kernel + q) * cell.inPlanes + k;
          newA[from * cell.planes + plane] +=
            learningRate * window[from] * u[(y * width.input + x) * cell.inPlanes + k];
        }
      }
    }
  }
  tidy(() => {
    weight.assign(constant(newA, weight.shape));
    inhibition.assign(constant(newB, inhibition.shape));
  });
  c.dispose();
}
