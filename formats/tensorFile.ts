import type { Dtype } from './safetensors/dtypes.ts';
import type { SafetensorsTensor } from './safetensors/safetensors.ts';

/** The name, dtype, and shape of a tensor in a file. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/**
 * An open file of weights, of any format that boxprop reads: the list of its tensors, and a
 * function that reads single tensors.
 */
export interface TensorFile {
  readonly format: 'safetensors' | 'PyTorch';
  readonly entries: ReadonlyMap<string, TensorInfo>;
  /** Texts about the weights; a PyTorch file has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * The part of the file that holds the weights, and the parts that were left out, in one line. It
   * is undefined if the file holds nothing but weights.
   */
  readonly note?: string;
  /** Reads the values of one tensor. The file keeps no values in memory. */
  readonly read: (entry: TensorInfo) => Promise<SafetensorsTensor>;
}

/**
 * Reads bytes into new memory. It may return fewer bytes only if the file has become shorter.
 */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;
