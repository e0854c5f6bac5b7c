/** A JSON text inside a file. */
export interface JsonDocument {
  readonly text: string;
  /** The file with another text in its place. */
  readonly embed: (text: string) => Uint8Array;
}

/** A part of a file that is worth changing by itself, such as a compressed member. */
export interface FilePart {
  readonly bytes: Uint8Array;
  /** The file with other bytes in their place; sizes and positions elsewhere fit them. */
  readonly embed: (bytes: Uint8Array) => Uint8Array;
}

/** A reader of files, and what is fuzzed with it. */
export interface FuzzReader {
  /** The ending of the file's name, such as `.csv`. */
  readonly ending: string;
  /** Valid files. They are small, because every mutant is read whole. */
  readonly samples: (folder: string) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** The JSON texts in a sample. Half of the mutants then change one JSON value. */
  readonly documents?: (sample: Uint8Array) => readonly JsonDocument[];
  /** Parts of a sample. Half of the mutants then change the bytes of a part. */
  readonly parts?: (sample: Uint8Array) => readonly FilePart[];
  /** The paths of JSON values that may have more than one type. */
  readonly untyped?: RegExp;
  /** The largest allowed growth of the memory, in MiB; `MEBIBYTES` by default. */
  readonly mebibytes?: number;
  /** Reads a file; a bad one must throw a `BoxpropError`. */
  readonly read: (file: string) => Promise<unknown>;
  /** Describes what is wrong with a value that was read; undefined if nothing is. */
  readonly problem?: (value: unknown) => string | undefined;
}

/** The largest processor time for one mutant, in seconds. */
export const SECONDS = 2;
/** The largest allowed growth of the memory of the process while it reads mutants, in MiB. */
export const MEBIBYTES = 512;
