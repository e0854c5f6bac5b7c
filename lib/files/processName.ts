import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning, startOf } from './isRunning.ts';

/**
 * Returns a name of this process that no other process of any machine has: its id, the time of its
 * start, its PID namespace, and the machine. Unknown parts are `-`.
 */
export function processName(): string {
  return [process.pid, startOf(process.pid) || '-', pidNamespace(), hostname()].join(' ');
}

/**
 * Returns whether the process with this name is known to have ended. Only a process that has the
 * same machine and the same PID namespace can know: a container may have the name of its host.
 */
export function hasEnded(name: string): boolean {
  const [pid, start, namespace, ...host] = name.split(' ');
  if (host.join(' ') !== hostname() || namespace !== pidNamespace()) return false;
  return !isRunning(Number(pid)) || (start !== '-' && startOf(Number(pid)) !== start);
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '-';
  }
}
