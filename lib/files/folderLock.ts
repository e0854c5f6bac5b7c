import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError, show } from '../errors.ts';
import { isRunning, startOf } from './isRunning.ts';
import { systemCode } from './systemError.ts';

/**
 * The interval, in milliseconds, at which a process updates the time of its lock file to show that
 * it still holds the lock.
 */
const HEARTBEAT = 20_000;

/**
 * A lock of another machine counts as abandoned if the time of its file is older than this, in
 * milliseconds.
 */
const ABANDONED = 15 * HEARTBEAT;

/**
 * Locks a folder for this process: a file `lock` in the folder names the process, and a second
 * process that finds it throws an error. If the process that holds a lock no longer runs, the lock
 * is taken over. On a system with /proc, this works even if a new process has the same id. In a
 * network folder, the lock may belong to another machine, whose processes cannot be seen. Such a
 * lock is taken over if its file has not been updated for five minutes.
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
    // An empty lock file belongs to a process that has not written its id yet, or that was killed
    // before it did.
    if (tries > 0 || (await isHeld(file, holder))) throw heldBy(folder, file, holder);
    if (holder === '') await new Promise((resolve) => setTimeout(resolve, 200));
    else if (!(await takeAway(file, holder))) throw heldBy(folder, file, holder);
  }
}

/** Updates the time of the lock file regularly. Returns the function that unlocks. */
function holding(file: string, own: string): () => Promise<void> {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT);
  timer.unref();
  return async () => {
    clearInterval(timer);
    // If the machine was asleep, another process may have taken the lock.
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (holder === own) await rm(file, { force: true });
  };
}

/** Returns whether the process that a lock names may still be running. */
async function isHeld(file: string, holder: string): Promise<boolean> {
  if (holder === '') return false;
  const [pid, start = '', host = ''] = holder.split(' ');
  if (host !== '' && host !== hostname()) {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < ABANDONED;
  }
  // Without start times, a lock with the id of this process is an old one: after a restart in a new
  // container, a process often has the same id as before.
  if (start === '') return Number(pid) !== process.pid && isRunning(Number(pid));
  return isRunning(Number(pid)) && startOf(Number(pid)) === start;
}

/**
 * Removes an abandoned lock. If two processes do this at the same time, the second one may remove
 * the new lock of the first; it notices this and restores the lock.
 *
 * @returns false if another process has already taken over the lock.
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
