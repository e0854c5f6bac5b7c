import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { runProgram } from './runProgram.ts';

/** Why tests of another user's rights do not run, or an empty text if they do. */
export const NO_ROOT = process.getuid?.() === 0 ? '' : ' (skipped: needs root)';

/** Makes a temporary folder that every user can read, as the folders of a grading system are. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-system-'));
  chmodSync(folder, 0o755);
  return folder;
}

/**
 * Makes a folder of the programs of Debian that a package may use, and returns it as a PATH. Node
 * is not among them.
 */
export function pathWithoutNode(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const programs = [
    'sh',
    'mkdir',
    'rm',
    'chmod',
    'dirname',
    'timeout',
    'gzip',
    'mktemp',
    'python3',
  ];
  for (const name of programs) {
    // The command python3 may be a script that starts Python in another place.
    const { stdout } =
      name === 'python3'
        ? runProgram(name, ['-c', 'import sys; print(sys.executable)'])
        : runProgram('sh', ['-c', `command -v ${name}`]);
    symlinkSync(stdout.trim(), join(bin, name));
  }
  return [bin].join(delimiter);
}

/** Writes files, and returns their folder. */
export function writeTree(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/**
 * Runs work and returns how many seconds it took on a machine that is not busy: the elapsed time,
 * divided by how much longer a loop takes now than its processor time.
 */
export function secondsOf(work: () => void): number {
  const before = slowness();
  const begin = Date.now();
  work();
  const seconds = (Date.now() - begin) / 1000;
  return seconds / Math.max(before, slowness());
}

function slowness(): number {
  const begin = Date.now();
  const start = process.cpuUsage();
  const used = () => process.cpuUsage(start).user / 1000;
  while (used() < 100);
  return Math.max(1, (Date.now() - begin) / used());
}
