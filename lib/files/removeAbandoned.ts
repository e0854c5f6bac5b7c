import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './isRunning.ts';

/**
 * If the process of a temporary file may still run, the file counts as abandoned when nothing has
 * been written to it for this time, in milliseconds.
 */
const ABANDONED = 3_600_000;

/**
 * The end of a temporary file's name in earlier versions: the process id and a UUID, without the
 * name of the machine.
 */
const OLD_NAME = /^\d+\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.tmp$/;

/**
 * Returns a name for a temporary file of this process, in the form that `removeAbandoned` expects:
 * `.model.bin.laptop.4711.0123abcd.tmp` is a file of process 4711 of the machine `laptop`.
 */
export function temporaryName(name: string, random: string): string {
  return `.${name}.${hostname()}.${process.pid}.${random.slice(0, 8)}.tmp`;
}

/**
 * Removes the temporary files of `name` that killed processes left behind. If the process may still
 * run, the file is removed only after an hour. That is the case for a process of another machine on
 * a shared disk, which cannot be seen, and for a process id that may have been reused. It is also
 * the case for files with the names of earlier versions. Failures are ignored, because the file
 * `name` itself has been written.
 */
export async function removeAbandoned(folder: string, name: string): Promise<void> {
  const start = `.${name}.`;
  for (const entry of await readdir(folder).catch(() => [])) {
    if (!entry.startsWith(start)) continue;
    const rest = entry.slice(start.length);
    const writer = /^(.*)\.(\d+)\.[\da-f]{8}\.tmp$/s.exec(rest);
    if (writer === null && !OLD_NAME.test(rest)) continue;
    const path = join(folder, entry);
    const isDead = writer?.[1] === hostname() && !isRunning(Number(writer[2]));
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (isDead || Date.now() - mtimeMs > ABANDONED) {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
}
