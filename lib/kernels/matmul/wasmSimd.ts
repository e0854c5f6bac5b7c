import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { PANEL, panelsWidth, TILE } from '../simd/layout.ts';
import { simdOf, unitsOf } from '../simd/simd.ts';
import type { MatMulKernels } from './matMulKernels.ts';

/** A matrix in the heap: its address, its size, and the distances between its rows and columns. */
interface Matrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/**
 * Matrix products on wasm by boxprop's own kernel, which reads a transposed factor in place. The
 * smaller factor is packed. If that is the left one, (A B)ᵀ = Bᵀ Aᵀ is computed.
 */
export const wasmSimd: MatMulKernels = {
  multiply(a, b, transposeA, transposeB) {
    const simd = simdOf();
    const left = matrixAt(simd.addressOf(a), a.shape, transposeA);
    const right = matrixAt(simd.addressOf(b), b.shape, transposeB);
    const shape: [number, number] = [left.rows, right.columns];
    const product = simd.output<Tensor2D>(shape);
    multiply(left, right, matrixAt(simd.addressOf(product), shape, false));
    return product;
  },

  multiplyEach(a, b, transposeA, transposeB) {
    const simd = simdOf();
    const batch = Math.max(a.shape[0], b.shape[0]);
    const [, ...aShape] = a.shape;
    const [, ...bShape] = b.shape;
    const at = (x: Tensor3D, n: number) =>
      simd.addressOf(x) + (x.shape[0] === 1 ? 0 : 4 * n * x.shape[1] * x.shape[2]);
    const rows = aShape[transposeA ? 1 : 0];
    const columns = bShape[transposeB ? 0 : 1];
    const product = simd.output<Tensor3D>([batch, rows, columns]);
    for (let n = 0; n < batch; n++) {
      multiply(
        matrixAt(at(a, n), aShape, transposeA),
        matrixAt(at(b, n), bShape, transposeB),
        matrixAt(simd.addressOf(product) + 4 * n * rows * columns, [rows, columns], false),
      );
    }
    return product;
  },
};

function matrixAt(
  address: number,
  [height, width]: readonly number[],
  isTransposed: boolean,
): Matrix {
  return isTransposed
    ? { address, rows: width, columns: height, rowStep: 1, columnStep: width }
    : { address, rows: height, columns: width, rowStep: width, columnStep: 1 };
}

function transposed({ address, rows, columns, rowStep, columnStep }: Matrix): Matrix {
  return { address, rows: columns, columns: rows, rowStep: columnStep, columnStep: rowStep };
}

function multiply(a: Matrix, b: Matrix, c: Matrix): void {
  if (a.rows < b.columns) multiplyPacked(transposed(b), transposed(a), transposed(c));
  else multiplyPacked(a, b, c);
}

function multiplyPacked(a: Matrix, b: Matrix, c: Matrix): void {
  const simd = simdOf();
  if (c.rows === 0 || c.columns === 0) return;
  simd.withRoom(b.rows * panelsWidth(b.columns), (packed) => {
    const pack = [b.address, packed, 1, 0, 1, 0, b.rows, b.rowStep, b.columns, b.columnStep];
    simd.run('pack', unitsOf(b.columns, PANEL), pack, { work: b.rows * b.columns });
    const product = [
      ...[a.address, packed, c.address, c.rows, c.columns, a.columns],
      ...[a.rowStep, a.columnStep, c.rowStep, c.columnStep],
    ];
    const work = c.rows * c.columns * a.columns;
    simd.run('product', unitsOf(c.rows, TILE), product, { work });
  });
}
