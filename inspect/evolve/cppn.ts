/** The functions of the nodes of a CPPN. */
export const CPPN_FUNCTIONS = ['sine', 'sigmoid', 'gaussian', 'linear'] as const;

/** The name of the function of a node. */
export type CppnFunction = (typeof CPPN_FUNCTIONS)[number];

/** A connection of a CPPN, by the numbers of its nodes. */
export interface CppnConnection {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/**
 * A compositional pattern-producing network: a small network without loops that computes the colour
 * of a pixel from its place. Every node has a number. The inputs are 0 (x), 1 (y) and 2 (the
 * constant 1), and the outputs follow from 3 on.
 */
export interface Cppn {
  /** The nodes in the order in which they are computed; the inputs are not among them. */
  readonly nodes: readonly { readonly id: number; readonly function: CppnFunction }[];
  /** The connections. Each leads to a node that is computed later than the one it comes from. */
  readonly connections: readonly CppnConnection[];
}

/** The number of inputs: x, y, and 1. */
export const CPPN_INPUTS = 3;

/** The slope of the sigmoid at 0, times 4, as in NEAT. */
const SLOPE = 4.9;

const FUNCTIONS: Readonly<Record<CppnFunction, (sum: number) => number>> = {
  sine: Math.sin,
  sigmoid: (sum) => 1 / (1 + Math.exp(-SLOPE * sum)),
  gaussian: (sum) => Math.exp(-sum * sum),
  linear: (sum) => sum,
};

/**
 * Computes a CPPN for every pixel of an image. The coordinates are −1 and 1 at the middles of the
 * border pixels, and 0 along an axis of one pixel; an output is cut off at 0 and 1.
 *
 *   node_j = f_j( Σ_i w_ij node_i )        x = 2 column/(width − 1) − 1        y alike
 *
 * Shapes: the result holds height · width · outputs values in this order.
 * Source: Stanley 2007, "Compositional pattern producing networks: a novel abstraction of
 *         development"; the functions are those of Nguyen, Yosinski, Clune 2015, arXiv:1412.1897.
 * @param outputs the number of outputs, one value each per pixel.
 */
export function drawCppn(
  { nodes, connections }: Cppn,
  { height, width, outputs }: { height: number; width: number; outputs: number },
): Float32Array {
  const size = nodes.reduce((largest, { id }) => Math.max(largest, id), 0) + 1;
  const values = new Float64Array(Math.max(size, CPPN_INPUTS + outputs));
  const steps = nodes.map(({ id, function: name }) => ({
    id,
    apply: FUNCTIONS[name],
    incoming: connections.filter(({ to }) => to === id),
  }));
  const pixels = new Float32Array(height * width * outputs);
  const place = (k: number, count: number) => (count > 1 ? (2 * k) / (count - 1) - 1 : 0);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      [values[0], values[1], values[2]] = [place(column, width), place(row, height), 1];
      for (const { id, apply, incoming } of steps) {
        let sum = 0;
        for (const { from, weight } of incoming) sum += weight * values[from];
        values[id] = apply(sum);
      }
      const at = (row * width + column) * outputs;
      for (let k = 0; k < outputs; k++)
        pixels[at + k] = Math.min(1, Math.max(0, values[CPPN_INPUTS + k]));
    }
  }
  return pixels;
}
