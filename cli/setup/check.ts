import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Findings } from './checkRun.ts';
import type { Commands } from './commands.ts';

/** The result of running tfjs-node: its findings, or the reason why it does not run. */
export type Check =
  | { readonly runs: true; readonly findings: Findings }
  | { readonly runs: false; readonly problem: string };

const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** Runs the tfjs-node of a folder in a separate process. */
export async function check(commands: Commands, folder: string): Promise<Check> {
  if (!existsSync(join(folder, 'package.json')))
    return { runs: false, problem: 'it is not installed' };
  const program = fileURLToPath(new URL(`checkRun${EXTENSION}`, import.meta.url));
  const { ok, output, problem } = await commands.run(
    process.execPath,
    [...process.execArgv, program, folder],
    { cwd: process.cwd(), minutes: 3, env: { TF_CPP_MIN_LOG_LEVEL: '2' } },
  );
  const line = output.split('\n').find((text) => text.startsWith('{"tensorflow"'));
  if (!ok || line === undefined) return { runs: false, problem };
  return { runs: true, findings: JSON.parse(line) as Findings };
}
