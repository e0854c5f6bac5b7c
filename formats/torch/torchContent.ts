import type { PickleValue, StorageFacts } from './pickleValues.ts';

/** The content of a PyTorch file of either format. Only its pickle has been read so far. */
export interface TorchContent {
  /** The object that was saved. */
  readonly root: PickleValue;
  /** The number of bytes of the pickle. */
  readonly pickleBytes: number;
  /**
   * Returns the number of bytes of a storage in the file, or undefined if the storage is missing.
   */
  readonly bytesOf: (storage: StorageFacts) => number | undefined;
  /** Returns the position of the first byte of a storage. */
  readonly startOf: (storage: StorageFacts) => Promise<number>;
}

/**
 * The size of the largest pickle that is read, in bytes. It is enough for about a million tensors.
 */
export const MAX_PICKLE = 1e8;
