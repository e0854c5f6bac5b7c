import type { PickleValue, StorageFacts } from './pickleValues.ts';

/** The content of a PyTorch file of either form, before anything but its pickle is read. */
export interface TorchContent {
  /** The object that was saved. */
  readonly root: PickleValue;
  /** The number of bytes of its pickle. */
  readonly pickleBytes: number;
  /** Returns the number of bytes of a storage in the file; undefined if it is missing. */
  readonly bytesOf: (storage: StorageFacts) => number | undefined;
  /** Returns the position of a storage's first byte. */
  readonly startOf: (storage: StorageFacts) => Promise<number>;
}

/** The largest pickle that is read, in bytes: that of about a million tensors. */
export const MAX_PICKLE = 1e8;
