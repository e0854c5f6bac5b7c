import { strToU8, zipSync, type Zippable } from 'fflate';
import type { PackageFiles } from './packageFile.ts';

/** The system that gives meaning to the attributes of a file in a zip: Unix. */
const UNIX = 3;

/** Makes a zip of files. Programs stay executable when it is unpacked. */
export function zipped(files: PackageFiles): Uint8Array {
  const entries: Zippable = {};
  for (const [path, { data, executable = false }] of Object.entries(files)) {
    const bytes = typeof data === 'string' ? strToU8(data) : data;
    const mode = 0o100000 | (executable ? 0o755 : 0o644);
    entries[path] = [bytes, { os: UNIX, attrs: mode << 16 }];
  }
  return zipSync(entries);
}
