import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, show } from '../errors.ts';
import { systemCode } from './systemError.ts';

/**
 * Keeps a folder for this process: a file `lock` in it with the number of the process, which a second one finds. What a
 * process that was killed has left is taken over.
 *
 * Errors: another process has it; the system's own, of a folder that cannot be written.
 * @returns what lets it go.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock');
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid)).finally(() => handle.close());
      return () => rm(file, { force: true });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const holder = await readFile(file, 'utf8').catch(() => '');
    // Without a number it is that of one who is writing it now, or was killed there.
    if (tries > 0 || isRunning(Number(holder))) {
      throw new InputError(
        `expected no other process at work in ${show(folder)}, got ${holder === '' ? 'one' : `process ${holder}`}; if that is something else, delete ${file}`,
      );
    }
    if (holder === '') await new Promise((resolve) => setTimeout(resolve, 200));
    else await rm(file, { force: true });
  }
}

/** A process in a container may have the number of the one before it, and be that itself. */
function isRunning(pid: number): boolean {
  if (pid === process.pid || !(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
