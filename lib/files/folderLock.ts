import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError, show } from '../errors.ts';
import { isRunning, startOf } from './isRunning.ts';
import { systemCode } from './systemError.ts';

/** A process shows that often that it still holds its lock, in milliseconds. */
const HEARTBEAT = 20_000;

/** A lock of another machine is abandoned when it has shown nothing for so long. */
const ABANDONED = 15 * HEARTBEAT;

/**
 * Locks a folder for this process. The folder gets a file `lock` that names the process; a second
 * process finds it and gives up. A lock is taken over if its process no longer runs, even where
 * another one has its id by now. Whether a process of another machine runs is unknown, for example
 * in a folder of a network; its lock is taken over after five minutes without a sign of it.
 *
 * Errors: another process holds the lock; the system's own error if the folder cannot be written.
 * @returns a function that unlocks the folder.
 *
 *     const unlock = await lockFolder('runs/search');
 *     await work().finally(unlock);
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock');
  const own = `${process.pid} ${startOf(process.pid)} ${hostname()}`;
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(own).finally(() => handle.close());
      return holding(file, own);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const holder = await readFile(file, 'utf8').catch(() => '');
    // An empty file belongs to a process that is writing its id now, or that was killed meanwhile.
    if (tries > 0 || (await isHeld(file, holder))) throw heldBy(folder, file, holder);
    if (holder === '') await new Promise((resolve) => setTimeout(resolve, 200));
    else if (!(await takeAway(file, holder))) throw heldBy(folder, file, holder);
  }
}

/** Shows from time to time that the lock is held. Returns the function that unlocks. */
function holding(file: string, own: string): () => Promise<void> {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT);
  timer.unref();
  return async () => {
    clearInterval(timer);
    // After a sleep of the machine the lock may be another's.
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (holder === own) await rm(file, { force: true });
  };
}

/** Whether the process that a lock names may still be at work. */
async function isHeld(file: string, holder: string): Promise<boolean> {
  if (holder === '') return false;
  const [pid, start = '', host = ''] = holder.split(' ');
  if (host !== '' && host !== hostname()) {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < ABANDONED;
  }
  // In a new container this process may itself have the id of the former one.
  if (start === '') return Number(pid) !== process.pid && isRunning(Number(pid));
  return isRunning(Number(pid)) && startOf(Number(pid)) === start;
}

/**
 * Removes an abandoned lock. Two processes may do so at the same time: then the second finds the
 * new lock of the first in its hands, and puts it back.
 *
 * @returns false if another process was faster.
 */
async function takeAway(file: string, holder: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true;
    throw error;
  }
  const found = await readFile(aside, 'utf8').catch(() => '');
  if (found !== holder) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  return found === holder;
}

function heldBy(folder: string, file: string, holder: string): InputError {
  const [pid, , host = ''] = holder.split(' ');
  const where = host === '' || host === hostname() ? '' : ` of ${show(host)}`;
  const got = holder === '' ? 'one' : `process ${pid}${where}`;
  return new InputError(
    `expected no other process at work in ${show(folder)}, got ${got}; if it is an unrelated process, delete ${file}`,
  );
}
