import { readFileSync } from 'node:fs';
import { systemCode } from './systemError.ts';

/** Returns whether a process with this id runs on this machine. */
export function isRunning(pid: number): boolean {
  if (!(Number.isSafeInteger(pid) && pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/**
 * Returns the time at which a process started, in clock ticks of the system. Returns `''` if it is
 * unknown, for example because the system has no /proc. The time distinguishes the process from a
 * later one with the same id.
 */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name of the program, which may contain spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}
