import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `npm run -s boxprop -- ...` as a user would, from the sources. */
export function boxprop(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=boxprop-source', '--import', 'tsx', 'lib/cli/main.ts', ...args],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  return { status, stdout, stderr };
}
