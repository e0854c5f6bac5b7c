/**
 * The slide's names of each box's weights, [out, in] row by row, and its values after the step. w13
 * leads from node 1 to node 3.
 */
export const SLIDE: readonly (readonly (readonly [name: string, after: string])[])[] = [
  [['w13', '1.02'], ['w23', '-3.0'], ['w14', '0.17'], ['w24', '1.0']], // prettier-ignore
  [],
  [['w35', '1.02'], ['w45', '-0.99']], // prettier-ignore
];
