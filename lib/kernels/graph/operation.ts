import type { TypedArray } from '@tensorflow/tfjs-core';
import type { Attribute, NativeTensor } from './tfjsNode.ts';

/** The shape and the dtype of a tensor. The dtype is TensorFlow's number for it. */
export interface Signature {
  readonly shape: readonly number[];
  readonly dtype: number;
}

/**
 * The origin of an input of a recorded operation:
 *
 * - `output`: an output of an earlier operation. The outputs of a recording are numbered in order.
 * - `feed`: a tensor that existed before the recording, or whose values the host has written. Each
 *   run of the graph gets its current values.
 * - `constant`: integers that the host has written, such as a shape or an axis. They are stored in
 *   the graph, because TensorFlow derives the shapes of outputs from them.
 */
export type Source =
  | ({ readonly kind: 'output' | 'feed'; readonly index: number } & Signature)
  | ({ readonly kind: 'constant'; readonly values: TypedArray } & Signature);

/** A call of a TensorFlow operation. */
export interface Call {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly inputs: readonly Source[];
}

/** A recording as one graph, which TensorFlow runs in a single call. */
export interface Graph {
  /**
   * Runs the graph. The caller owns the results.
   *
   * @param feeds the native tensors of all feeds.
   * @param outputs the indices of the outputs to return.
   */
  run(feeds: readonly number[], outputs: readonly number[]): NativeTensor[];
  /** Frees the graph. */
  dispose(): void;
}

/**
 * An operation in a recording. Recordings that begin with the same operations share these
 * operations. So the recordings form a tree, in which every operation lists the operations that
 * have followed it.
 */
export interface Operation extends Call {
  readonly outputs: readonly Source[];
  readonly following: Operation[];
  /**
   * The graph of the recording that ends with this operation, or the reason why TensorFlow refuses
   * the graph. It is undefined if no recording has ended here.
   */
  graph?: Graph | { readonly refused: string };
}

/** Returns whether two calls are the same, apart from the values of their feeds. */
export function sameCall(a: Call, b: Call): boolean {
  return (
    a.name === b.name &&
    a.inputs.length === b.inputs.length &&
    a.attributes.length === b.attributes.length &&
    a.inputs.every((input, i) => sameSource(input, b.inputs[i])) &&
    a.attributes.every((attribute, i) => sameAttribute(attribute, b.attributes[i]))
  );
}

/** Returns whether two inputs have the same origin, shape and dtype. */
export function sameSource(a: Source, b: Source): boolean {
  if (a === b) return true;
  if (a.dtype !== b.dtype || !sameValues(a.shape, b.shape)) return false;
  if (a.kind === 'constant') return b.kind === 'constant' && sameValues(a.values, b.values);
  return a.kind === b.kind && a.index === b.index;
}

function sameAttribute(a: Attribute, b: Attribute): boolean {
  if (a.name !== b.name || a.type !== b.type) return false;
  if (a.value === b.value) return true;
  return isList(a.value) && isList(b.value) && sameValues(a.value, b.value);
}

function isList(value: Attribute['value']): value is readonly number[] {
  return typeof value === 'object';
}

function sameValues(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
