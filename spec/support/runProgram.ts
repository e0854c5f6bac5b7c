import { spawnSync, type SpawnSyncOptions } from 'node:child_process';

/** The time that a program gets by default, in milliseconds. */
const LIMIT = 240_000;

/** The output of a program, and its end. */
export interface Ran {
  /** The exit status, or null if a signal ended the program or it could not be started. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program and waits for its end. Specs use this function instead of `spawnSync`, because Jest
 * cannot interrupt a spec that waits in `spawnSync`: one program that never ends would stop the
 * whole proof.
 *
 * Errors: a program that runs longer than the limit, or prints too much. The message contains the
 *         end of what it had printed.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { timeout = LIMIT, ...options }: Omit<SpawnSyncOptions, 'encoding' | 'shell'> = {},
): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...options,
    timeout,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const code = error && 'code' in error ? error.code : undefined;
  if (code === 'ETIMEDOUT' || code === 'ENOBUFS') {
    const printed = `${stdout}${stderr}`.slice(-2000);
    throw new Error(
      `${[program, ...args].join(' ')}: ${code} after ${timeout / 1000} s; it printed: ${printed}`,
    );
  }
  return { status, stdout, stderr };
}
