/** The state of the repository and of its tarball, which the checks of a release read. */
export interface Release {
  /** The version to release, such as `0.2.0`. */
  readonly version: string;
  /** Reads a file of the repository. */
  readonly read: (path: string) => string;
  /** Runs git and returns what it prints, without the last line break. */
  readonly git: (...args: string[]) => string;
  /** The record of a proof that the user names; undefined if none is named. */
  readonly proof: string | undefined;
  /** The files of the tarball with their sizes in bytes. */
  readonly files: ReadonlyMap<string, number>;
  /** Reads a file of the tarball as text. */
  readonly packed: (path: string) => string;
  /** The size of the tarball in bytes. */
  readonly packedSize: number;
}

/** One check of a release. */
export interface Check {
  readonly name: string;
  /** Returns what it found, in one line. Throws a `NotReady` if the release must wait. */
  readonly run: (release: Release) => string;
}

/** Says why a release must wait: what was expected, what came, and what to do. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

/** The result of a check. */
export interface Outcome {
  readonly name: string;
  readonly isReady: boolean;
  readonly line: string;
}

/** Runs a check. An error other than `NotReady` also means that the release must wait. */
export function outcomeOf({ name, run }: Check, release: Release): Outcome {
  try {
    return { name, isReady: true, line: run(release) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { name, isReady: false, line: message.split('\n')[0] };
  }
}

/** Formats a result: `pass version: package.json and package-lock.json say 0.2.0`. */
export function formatOutcome({ name, isReady, line }: Outcome): string {
  return `${isReady ? 'pass' : 'FAIL'} ${name}: ${line}`;
}
