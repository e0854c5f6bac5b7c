import * as v from 'valibot';
import type { Recording } from './recording.ts';
import { readValue, writeValue } from './valueText.ts';

const OUTCOME = v.union([v.object({ value: v.unknown() }), v.object({ error: v.string() })]);

/** The schema of a `Recording`. */
export const RECORDING = v.object({
  seed: v.number(),
  pset: v.unknown(),
  functions: v.array(v.record(v.string(), OUTCOME)),
  uses: v.record(v.string(), v.array(v.string())),
});

const INSTALLED = v.array(
  v.object({ name: v.string(), statement: v.string(), recording: RECORDING }),
);

/**
 * The problem sets of the installed package: their statements, and recordings in the place of their
 * solutions.
 */
export type Installed = readonly {
  readonly name: string;
  readonly statement: string;
  readonly recording: Recording;
}[];

/** Writes the content of the file `installed.json`. */
export function writeInstalled(installed: Installed): string {
  return `${writeValue(installed)}\n`;
}

/** Reads the content of the file `installed.json`, which the build has written. */
export function readInstalled(text: string): Installed {
  return v.parse(INSTALLED, readValue(text));
}
