import type { Values } from '../backends/host.ts';

/*
 * Matrix products in plain JavaScript, for the backend `cpu`. tfjs's own product computes less than
 * one multiplication per nanosecond there. This product is several times as fast, and needs no
 * transposed copy of a factor.
 */

/** A matrix inside an array: element (i, j) is `values[start + i·rowStep + j·columnStep]`. */
export interface Matrix {
  readonly values: Values;
  readonly rows: number;
  readonly columns: number;
  /** The index of element (0, 0). */
  readonly start: number;
  /** The distance between neighbours in a column. */
  readonly rowStep: number;
  /** The distance between neighbours in a row. */
  readonly columnStep: number;
}

/** Returns a matrix whose rows are stored one after another in an array, from index `start` on. */
export function matrixAt(values: Values, rows: number, columns: number, start = 0): Matrix {
  return { values, rows, columns, start, rowStep: columns, columnStep: 1 };
}

/** Returns the transpose of a matrix, a view of the same values. */
export function transposeOf(m: Matrix): Matrix {
  return { ...m, rows: m.columns, columns: m.rows, rowStep: m.columnStep, columnStep: m.rowStep };
}

/**
 * The number of rows and of columns of a tile of C. The processor can keep the sums of such a tile
 * in registers.
 */
const TILE = 4;
/**
 * The number of terms that are added before the sum is written to C. Panels of this length fit into
 * the first-level cache.
 */
const DEPTH = 256;
/**
 * The number of columns of B that are packed at a time. Their panels fit into the second-level
 * cache.
 */
const WIDTH = 256;

/**
 * Adds a product to a matrix: C += A B.
 *
 * Both factors are first copied into panels of four rows of A, or four columns of B, in the order
 * in which a tile of C reads them. Panels at the edge are filled up with zeros. Each sum of DEPTH
 * terms is computed in double precision.
 */
export function addProduct(c: Matrix, a: Matrix, b: Matrix): void {
  const inner = a.columns;
  const depth = Math.min(inner, DEPTH);
  const width = Math.min(roundUp(b.columns), WIDTH);
  const panelsOfB = new Float32Array(width * depth);
  const panelOfA = new Float32Array(TILE * depth);
  const tile = new Float64Array(TILE * TILE);
  const columnsOfB = transposeOf(b);
  for (let right = 0; right < b.columns; right += width) {
    const columns = Math.min(b.columns - right, width);
    for (let from = 0; from < inner; from += depth) {
      const terms = Math.min(inner - from, depth);
      for (let j = 0; j < columns; j += TILE)
        pack(panelsOfB, j * terms, columnsOfB, right + j, from, terms);
      for (let i = 0; i < a.rows; i += TILE) {
        pack(panelOfA, 0, a, i, from, terms);
        for (let j = 0; j < columns; j += TILE) {
          multiply(tile, panelOfA, panelsOfB, j * terms, terms);
          addTile(c, i, right + j, tile);
        }
      }
    }
  }
}

function roundUp(n: number): number {
  return Math.ceil(n / TILE) * TILE;
}

/**
 * Copies the rows first ... first + 3 of m into a panel. Rows beyond the end of m are filled with
 * zeros.
 */
function pack(
  panel: Float32Array,
  at: number,
  m: Matrix,
  first: number,
  from: number,
  terms: number,
): void {
  const { values, rowStep, columnStep } = m;
  let place = m.start + first * rowStep + from * columnStep;
  if (first + TILE <= m.rows) {
    const [second, third, fourth] = [rowStep, 2 * rowStep, 3 * rowStep];
    for (let end = at + TILE * terms; at < end; at += TILE, place += columnStep) {
      panel[at] = values[place];
      panel[at + 1] = values[place + second];
      panel[at + 2] = values[place + third];
      panel[at + 3] = values[place + fourth];
    }
    return;
  }
  const rows = m.rows - first;
  for (let k = 0; k < terms; k++, place += columnStep) {
    for (let r = 0; r < TILE; r++) panel[at++] = r < rows ? values[place + r * rowStep] : 0;
  }
}

/** Computes one tile, whose sixteen sums stay in registers while the panels are read. */
function multiply(
  tile: Float64Array,
  a: Float32Array,
  b: Float32Array,
  at: number,
  terms: number,
): void {
  let c00 = 0,
    c01 = 0,
    c02 = 0,
    c03 = 0;
  let c10 = 0,
    c11 = 0,
    c12 = 0,
    c13 = 0;
  let c20 = 0,
    c21 = 0,
    c22 = 0,
    c23 = 0;
  let c30 = 0,
    c31 = 0,
    c32 = 0,
    c33 = 0;
  for (let i = 0, j = at, end = TILE * terms; i < end; i += TILE, j += TILE) {
    const b0 = b[j];
    const b1 = b[j + 1];
    const b2 = b[j + 2];
    const b3 = b[j + 3];
    const a0 = a[i];
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = a[i + 1];
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = a[i + 2];
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = a[i + 3];
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  tile[0] = c00;
  tile[1] = c01;
  tile[2] = c02;
  tile[3] = c03;
  tile[4] = c10;
  tile[5] = c11;
  tile[6] = c12;
  tile[7] = c13;
  tile[8] = c20;
  tile[9] = c21;
  tile[10] = c22;
  tile[11] = c23;
  tile[12] = c30;
  tile[13] = c31;
  tile[14] = c32;
  tile[15] = c33;
}

/** Adds a tile to C. Rows and columns beyond the end of C are ignored. */
function addTile(c: Matrix, i: number, j: number, tile: Float64Array): void {
  const [rows, columns] = [Math.min(c.rows - i, TILE), Math.min(c.columns - j, TILE)];
  for (let r = 0; r < rows; r++) {
    let place = c.start + (i + r) * c.rowStep + j * c.columnStep;
    for (let k = 0; k < columns; k++, place += c.columnStep) c.values[place] += tile[r * TILE + k];
  }
}
