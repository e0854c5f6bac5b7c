import type * as tf from '@tensorflow/tfjs-core';
import { disposeTensors } from '../../lib/memory.ts';
import type { Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { expectAllClose, type Packed } from './compare.ts';
import { tensorOf } from './fixtures.ts';
import { Grid } from './grid.ts';

/**
 * The output and gradients of a box as numbers, to compare boxes that must be the same function.
 */
export interface Given {
  readonly output: Packed;
  readonly gradInput: Packed;
  readonly gradParams: Readonly<Record<string, Packed>>;
}

/** A random tensor; the same seed gives the same one. */
export function random<T extends tf.Tensor>(shape: readonly number[], seed: number): T {
  return Grid.random(shape, new Rng(seed)).tensor<T>();
}

export function packed(tensor: tf.Tensor): Packed {
  return { shape: tensor.shape, values: [...tensor.dataSync()] };
}

/**
 * The output and gradients of a box at an input. The gradient of the output is random by default.
 */
export function given<In extends tf.Tensor, Out extends tf.Tensor, Cache>(
  box: Module<In, Out, Cache>,
  input: In,
  grad?: Out,
): Given {
  const { output, cache } = box.forward(input);
  const gradOutput = grad ?? random<Out>(output.shape, 77);
  const { gradInput, gradParams } = box.backprop(gradOutput, cache);
  const all = {
    output: packed(output),
    gradInput: packed(gradInput),
    gradParams: Object.fromEntries(
      Object.entries(gradParams).map(([name, g]) => [name, packed(g)]),
    ),
  };
  disposeTensors([output, cache, gradInput, gradParams]);
  return all;
}

/** The same numbers with another shape. */
export function shaped({ values }: Packed, shape: readonly number[]): Packed {
  return { shape, values };
}

/** Expects the same shape, and values that differ by at most 1e-5 of the largest. */
export function expectSame(actual: Packed, expected: Packed, what: string): void {
  const tensor = tensorOf(actual);
  expectAllClose(tensor, expected, what);
  tensor.dispose();
}
