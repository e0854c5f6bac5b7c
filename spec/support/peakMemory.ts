import { readFileSync } from 'node:fs';

/**
 * Returns the largest memory of this process so far, in MiB.
 *
 * On Linux it is read from the process's status. `resourceUsage().maxRSS` would begin with the
 * memory of the process that started this one, and so hide what this one takes.
 */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 2 ** 10;
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error('/proc/self/status: expected VmHWM, got none');
  return Number(kilobytes) / 2 ** 10;
}
