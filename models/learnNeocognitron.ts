import { slice, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkSize } from '../lib/check.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import type { SCell, SCellCache } from '../modules/historic/sCell.ts';
import type { Neocognitron } from './neocognitron.ts';

export interface LearnNeocognitronOptions {
  /** How often each image is shown to each layer; 20 by default. */
  readonly passes?: number;
  /** q of each layer of S-cells; 1, 16, 16 by default. */
  readonly learningRates?: readonly number[];
  /** The side of the area of an S-column in each layer; 5, 5, 2 by default. */
  readonly columnSizes?: readonly number[];
}

/** A cell in a layer of S-cells. */
export interface Cell {
  readonly row: number;
  readonly column: number;
  readonly plane: number;
}

/**
 * Lets a neocognitron learn without a teacher, greedily: one layer of S-cells after the other, each from what the layers
 * before it, which are final by then, make of the images. An image changes the connections of its representatives, and
 * as all cells of a plane share them, with them those of their planes:
 *
 *   Δa_k(κ, ν) = q c(ν) u(κ, n + ν)        Δb_k = (q/2) v(n)        for a representative at place n in plane k
 *
 * So a representative comes to match what it sees, and to be inhibited by all else.
 *
 * Shapes: images [N, H, W, 1], not negative. Errors: those of the boxes; passes below 1.
 * Source: Fukushima 1980, Biological Cybernetics 36, section 3.
 */
export async function learnNeocognitron(
  network: Pick<Neocognitron, 'layers'>,
  images: Tensor4D,
  {
    passes = 20,
    learningRates: rates = [1, 16, 16],
    columnSizes: columns = [5, 5, 2],
  }: LearnNeocognitronOptions = {},
): Promise<void> {
  checkSize(network, 'passes', passes);
  let seen = images.clone();
  for (const [layer, { S, C }] of network.layers.entries()) {
    for (let pass = 0; pass < passes; pass++) {
      for (let n = 0; n < images.shape[0]; n++) {
        const one: Tensor4D = tidy(() => slice(seen, [n, 0, 0, 0], [1, -1, -1, -1]));
        await reinforce(S, one, rates[layer], columns[layer]);
        one.dispose();
      }
      await yieldToEventLoop();
    }
    const next = tidy(() => {
      const answers = S.infer(seen);
      return C === undefined ? answers : C.infer(answers);
    });
    seen.dispose();
    seen = next;
  }
  seen.dispose();
}

/**
 * The representatives among S-cells. An S-column is a square of cells through all planes, one wherever it fits into the
 * layer; of a layer that is smaller, the layer. The cell of an S-column that answers most is a candidate, if it answers
 * at all, and of a plane with several candidates the strongest is the representative.
 *
 * @param values the answers of one image, [H, W, planes].
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

/** Shows one image to a layer of S-cells. */
async function reinforce(
  cell: SCell,
  input: Tensor4D,
  rate: number,
  columnSize: number,
): Promise<void> {
  const { output, cache } = cell.forward(input);
  const [, height, width, planes] = output.shape;
  const answers = representatives(await output.data(), [height, width, planes], columnSize);
  await strengthen(cell, cache, answers, rate);
  disposeTensors([output, cache]);
}

/** Δa and Δb for each representative. */
async function strengthen(
  cell: SCell,
  cache: SCellCache,
  answers: readonly Cell[],
  rate: number,
): Promise<void> {
  const { weight, inhibition } = cell.params;
  const c = cell.window();
  const [a, b, u, v, window] = await Promise.all(
    [weight, inhibition, cache.input, cache.inhibitor, c].map((tensor) => tensor.data()),
  );
  const { height, width } = cache.geometry;
  const [grownA, grownB] = [Float64Array.from(a), Float64Array.from(b)];
  for (const { row, column, plane } of answers) {
    grownB[plane] += (rate / 2) * v[row * width.output + column];
    for (let p = 0; p < height.kernel; p++) {
      for (let q = 0; q < width.kernel; q++) {
        const [y, x] = [
          row * height.stride + p - height.before,
          column * width.stride + q - width.before,
        ];
        if (y < 0 || y >= height.input || x < 0 || x >= width.input) continue;
        for (let k = 0; k < cell.inPlanes; k++) {
          const from = (p * width.kernel + q) * cell.inPlanes + k;
          grownA[from * cell.planes + plane] +=
            rate * window[from] * u[(y * width.input + x) * cell.inPlanes + k];
        }
      }
    }
  }
  tidy(() => {
    weight.assign(constant(grownA, weight.shape));
    inhibition.assign(constant(grownB, inhibition.shape));
  });
  c.dispose();
}
