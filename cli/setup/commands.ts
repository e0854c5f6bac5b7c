import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';

/** Reports that a command was interrupted by a signal. */
export class Interrupted extends Error {}

/** The result of running a command. */
export interface Ending {
  /** Whether the command succeeded. */
  readonly ok: boolean;
  /** The standard output and standard error of the command. */
  readonly output: string;
  /** The reason of a failure in a few words. The log has the details. */
  readonly problem: string;
}

/** The options of a command. */
export interface CommandOptions {
  /** The working directory. */
  readonly cwd: string;
  /** The time limit in minutes. A command that exceeds it has failed. */
  readonly minutes: number;
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

const WINDOWS = process.platform === 'win32';

/** Runs commands one after the other, without a terminal, and writes their output to a log. */
export class Commands {
  /** The log file. */
  readonly log: string;
  readonly #signal: AbortSignal;

  constructor(log: string, signal: AbortSignal) {
    this.log = log;
    this.#signal = signal;
  }

  /**
   * Runs a command. If the command fails, this function does not throw.
   *
   * Errors: `Interrupted`, after the command and all its children have ended.
   */
  run(
    command: string,
    args: readonly string[],
    { cwd, minutes, env }: CommandOptions,
  ): Promise<Ending> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return reject(new Interrupted());
      appendFileSync(this.log, `\n$ ${[command, ...args].join(' ')}\n`);
      // The command gets its own process group, so that the children of npm and node-gyp can be
      // ended together with it. On Windows, npm is a batch file, which needs a shell.
      const child = spawn(command, args, {
        cwd,
        // If this process was started by `npm run -s`, the setting -s would also silence the error
        // messages of this npm.
        env: { ...process.env, npm_config_loglevel: 'notice', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: !WINDOWS,
        shell: WINDOWS && command === 'npm',
      });
      let output = '';
      let problem: string | undefined;
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          appendFileSync(this.log, text);
        });
      }
      const stop = (why: string) => {
        problem ??= why;
        kill(child, 'SIGTERM');
        setTimeout(() => kill(child, 'SIGKILL'), 10_000).unref();
      };
      const onAbort = () => stop('interrupted');
      const clock = setTimeout(
        () => stop(`it took more than ${minutes} minutes`),
        minutes * 60_000,
      );
      this.#signal.addEventListener('abort', onAbort);
      child.on('error', (error) => {
        problem ??=
          'code' in error && error.code === 'ENOENT' ? 'it is not installed' : error.message;
      });
      child.on('close', (status, by) => {
        clearTimeout(clock);
        this.#signal.removeEventListener('abort', onAbort);
        if (this.#signal.aborted) return reject(new Interrupted());
        const ended = by === null ? `exit status ${status}` : `ended by ${by}`;
        const ok = status === 0 && problem === undefined;
        resolve({ ok, output, problem: problem ?? firstError(output) ?? ended });
      });
    });
  }
}

function kill(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    if (WINDOWS) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The processes have already ended.
  }
}

/** Matches lines of npm's error messages that do not say why a command failed. */
const ASIDE = /^npm error (code|errno|syscall|path|command|A complete|network This)\b/;

/**
 * Finds the first error message in the output of Node, Python, pip, npm or a compiler, if there is
 * one.
 */
export function firstError(output: string): string | undefined {
  for (const line of output.split('\n')) {
    if (ASIDE.test(line)) continue;
    const [, reason] =
      /^npm error (.+)/.exec(line) ??
      /\b(?:[A-Z]\w*Error|ERROR|Error|error): (.+)/.exec(line) ??
      [];
    if (reason !== undefined) return reason.trim().replace(/\.$/, '');
  }
  return undefined;
}
