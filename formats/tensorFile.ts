import type { Dtype, SafetensorsData } from './safetensors/dtypes.ts';
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
  /** Reads the values of one tensor in parts, so that only some of them are in memory. */
  readonly readParts: (entry: TensorInfo, use: UsePart) => Promise<void>;
}

/**
 * Takes consecutive values of a tensor; `start` is the index of the first one. The array is valid
 * during the call only, because its memory is used again for the next values.
 */
export type UsePart<Values = SafetensorsData> = (values: Values, start: number) => void;

/**
 * Reads bytes. It may return fewer bytes only if the file has become shorter.
 *
 * @param memory an array of this length, which may be used for the bytes; otherwise the memory is
 *   new.
 */
export type ReadAt = (
  position: number,
  length: number,
  memory?: Uint8Array<ArrayBuffer>,
) => Promise<Uint8Array<ArrayBuffer>>;
