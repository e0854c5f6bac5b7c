import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, show } from '../errors.ts';
import { systemCode } from './systemError.ts';

/**
 * Locks a folder for this process. The folder gets a file `lock` that holds the id of the process;
 * a second process finds it and gives up. A lock whose process no longer runs is taken over.
 *
 * Errors: another process holds the lock; the system's own error if the folder cannot be written.
 * @returns a function that unlocks the folder.
 *
 *     const unlock = await lockFolder('runs/search');
 *     await work().finally(unlock);
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
    // An empty file belongs to a process that is writing its id now, or that was killed meanwhile.
    if (tries > 0 || isRunning(Number(holder))) {
      throw new InputError(
        `expected no other process at work in ${show(folder)}, got ${holder === '' ? 'one' : `process ${holder}`}; if it is an unrelated process, delete ${file}`,
      );
    }
    if (holder === '') await new Promise((resolve) => setTimeout(resolve, 200));
    else await rm(file, { force: true });
  }
}

/**
 * Whether a process runs. In a new container this process may itself have the id of the former one.
 */
function isRunning(pid: number): boolean {
  if (pid === process.pid || !(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
