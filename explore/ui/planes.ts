/**
 * A part of a tensor that is drawn as one picture. It has rows and columns, with one element at
 * each position.
 */
export interface Plane {
  readonly rows: number;
  readonly columns: number;
  /** The title of the plane: the indices along the other axes. */
  readonly title: string;
  /** Returns the index in the tensor of the element in this row and column. */
  index(row: number, column: number): number;
}

/**
 * Divides a tensor into planes. Images [N, H, W, C] give one plane per example and channel, and
 * filters [K_h, K_w, in, out] give one plane per pair of channels. A list or a matrix is a single
 * plane.
 *
 * @param role whether the first axis is that of the examples (`activation`) or not (`param`).
 */
export function planesOf(shape: readonly number[], role: 'activation' | 'param'): Plane[] {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const [rowAxis, columnAxis] = axesOf(shape.length, role);
  const others = shape
    .map((_, axis) => axis)
    .filter((axis) => axis !== rowAxis && axis !== columnAxis);
  let starts: { at: number; title: string }[] = [{ at: 0, title: '' }];
  for (const axis of others) {
    starts = starts.flatMap(({ at, title }) =>
      Array.from({ length: shape[axis] }, (_, i) => ({
        at: at + i * strides[axis],
        title: shape[axis] > 1 ? `${title}${title && ', '}${i}` : title,
      })),
    );
  }
  const size = (axis: number | undefined) => (axis === undefined ? 1 : shape[axis]);
  const stride = (axis: number | undefined) => (axis === undefined ? 0 : strides[axis]);
  return starts.map(({ at, title }) => ({
    rows: size(rowAxis),
    columns: size(columnAxis),
    title,
    index: (row, column) => at + row * stride(rowAxis) + column * stride(columnAxis),
  }));
}

/** Breaks a plane that has one long row into several rows of equal length. */
export function wrapped(plane: Plane): Plane {
  const { rows, columns, title } = plane;
  if (rows > 1 || columns <= LONGEST_LIST) return plane;
  const lines = linesOf(columns);
  const across = columns / lines;
  const index = (row: number, column: number) => plane.index(0, row * across + column);
  return { rows: lines, columns: across, title, index };
}

/** The length of the longest list that is drawn in one row. */
const LONGEST_LIST = 24;

/**
 * Returns the number of rows of equal length in which a list of this length is closest to a square.
 */
function linesOf(length: number): number {
  let lines = Math.floor(Math.sqrt(length));
  while (length % lines !== 0) lines--;
  return lines;
}

/** Returns the position of an element in a plane, or undefined if the plane does not contain it. */
export function locate(plane: Plane, index: number): { row: number; column: number } | undefined {
  const { rows, columns } = plane;
  const offset = index - plane.index(0, 0);
  const down = rows > 1 ? plane.index(1, 0) - plane.index(0, 0) : 0;
  const right = columns > 1 ? plane.index(0, 1) - plane.index(0, 0) : 0;
  if (offset < 0) return undefined;
  const steps = (left: number, stride: number) => (stride > 0 ? Math.floor(left / stride) : 0);
  const rowFirst = down > right;
  const outer = steps(offset, rowFirst ? down : right);
  const inner = rowFirst
    ? steps(offset - outer * down, right)
    : steps(offset - outer * right, down);
  const [row, column] = rowFirst ? [outer, inner] : [inner, outer];
  const inside = row < rows && column < columns;
  return inside && plane.index(row, column) === index ? { row, column } : undefined;
}

/**
 * Returns the axes that are the rows and the columns of the planes. An axis is undefined if a plane
 * has only one row or column.
 */
function axesOf(rank: number, role: 'activation' | 'param'): (number | undefined)[] {
  if (rank === 0) return [undefined, undefined];
  if (rank === 1) return [undefined, 0];
  if (rank === 2) return [0, 1];
  if (role === 'param') return rank === 3 ? [2, 0] : [rank - 4, rank - 3];
  return rank === 3 ? [2, 1] : [rank - 3, rank - 2];
}
