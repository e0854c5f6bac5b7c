import type { Dtype } from './safetensors/dtypes.ts';
import type { SafetensorsTensor } from './safetensors/safetensors.ts';

/** The name, dtype, and shape of a tensor in a file. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/**
 * An open file of weights in any format that boxprop can read: the list of its tensors, and a
 * function that reads single tensors.
 */
export interface TensorFile {
  readonly format: 'safetensors' | 'PyTorch' | 'ONNX';
  readonly entries: ReadonlyMap<string, TensorInfo>;
  /** Strings that describe the weights, by key. A PyTorch file has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * One line that names the part of the file with the weights and the parts that were left out. It
   * is undefined if the file contains nothing but weights.
   */
  readonly note?: string;
  /** Reads the values of one tensor. The values are not cached. */
  readonly read: (entry: TensorInfo) => Promise<SafetensorsTensor>;
}

/**
 * Reads bytes into new memory. It may return fewer bytes only if the file has become shorter.
 */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;
