/** A file of a package for a grading system. */
export interface PackageFile {
  readonly data: string | Uint8Array;
  /** Whether the file is a program. */
  readonly executable?: boolean;
}

/** The files of a package, by path. */
export type PackageFiles = { readonly [path: string]: PackageFile };

/** What every package for a grading system contains. */
export interface Contents {
  /** The text of check.mjs with the recordings of the problem sets. */
  readonly check: string;
  /** The binary of Node for the system. */
  readonly node: Uint8Array;
}
