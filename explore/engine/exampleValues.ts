import { Rng } from '../../lib/rng.ts';
import { numElements } from '../../lib/shapes.ts';
import type { Value } from './values.ts';

/**
 * Makes seeded values with few digits, so that a reader can follow the computation by hand. No two
 * values are equal and none is 0, so that max pooling and ReLU have derivatives at these values.
 * Tensors with different `shift` have no value in common, so that the maximum of two tensors has a
 * derivative too.
 */
export function exampleValues(
  shape: readonly number[],
  seed: number,
  positive = false,
  shift = 0,
): Value {
  const size = numElements(shape);
  const gap = size <= 40 ? 0.1 : 0.02;
  const below = positive ? 0 : Math.floor(size / 2);
  const values = Float64Array.from(new Rng(seed).permutation(size), (rank) =>
    Number((gap * (rank - below + 0.5) + shift).toFixed(2)),
  );
  return { shape, values };
}

/** The largest magnitude of the numbers that `exampleGradient` makes. */
const MOST = 9;

/**
 * Makes a seeded ∂C/∂x_out of integers: ±1, ±2, ... ±9, and then ±1 again. Inputs and weights have
 * decimals, so a reader can recognize the gradient in the products.
 */
export function exampleGradient(shape: readonly number[], seed: number): Value {
  const values = Float64Array.from(new Rng(seed).permutation(numElements(shape)), (rank) => {
    const magnitude = 1 + (Math.floor(rank / 2) % MOST);
    return rank % 2 === 0 ? magnitude : -magnitude;
  });
  return { shape, values };
}

/** Makes seeded class labels, one per example. */
export function exampleLabels(examples: number, classes: number, seed: number): Value {
  const rng = new Rng(seed);
  const values = Float64Array.from({ length: examples }, () => rng.integer(classes));
  return { shape: [examples], values };
}
