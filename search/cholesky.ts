import { InputError } from '../lib/errors.ts';

/** A square matrix. */
export interface SquareMatrix {
  /** The number of rows. */
  readonly size: number;
  /** The elements, in row-major order. */
  readonly values: Float64Array;
}

/**
 * Factorizes a symmetric positive definite matrix A. Returns the lower triangular L with L Lᵀ = A:
 *
 *   L_jj = √(A_jj − Σ_{k<j} L_jk²),   L_ij = (A_ij − Σ_{k<j} L_ik L_jk) / L_jj for i > j
 *
 * Errors: a matrix that is not positive definite in double precision.
 * Source: Golub, Van Loan, "Matrix Computations", 4th edition, section 4.2.5.
 */
export function cholesky({ size, values }: SquareMatrix): SquareMatrix {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = values[i * size + j];
      for (let k = 0; k < j; k++) rest -= lower[i * size + k] * lower[j * size + k];
      if (i !== j) lower[i * size + j] = rest / lower[j * size + j];
      else if (rest > 0) lower[i * size + i] = Math.sqrt(rest);
      else
        throw new InputError(
          `cholesky: expected a positive definite matrix, got pivot ${rest} in row ${i}`,
        );
    }
  }
  return { size, values: lower };
}

/** Solves L x = b for a lower triangular L, from the first row down. */
export function solveLower({ size, values }: SquareMatrix, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] -= values[i * size + k] * x[k];
    x[i] /= values[i * size + i];
  }
  return x;
}

/** Solves Lᵀ x = b for a lower triangular L, from the last row up. */
export function solveUpper({ size, values }: SquareMatrix, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] -= values[k * size + i] * x[k];
    x[i] /= values[i * size + i];
  }
  return x;
}

/** Returns A⁻¹ = L⁻ᵀ L⁻¹ for the factor L that `cholesky` returns. */
export function inverse(lower: SquareMatrix): SquareMatrix {
  const { size } = lower;
  const values = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const unit = new Float64Array(size);
    unit[j] = 1;
    // A⁻¹ is symmetric, so column j is stored as row j.
    values.set(solveUpper(lower, solveLower(lower, unit)), j * size);
  }
  return { size, values };
}
