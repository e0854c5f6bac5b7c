import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';

/** A signal came while a command ran. */
export class Interrupted extends Error {}

export interface Ending {
  readonly ok: boolean;
  /** All that it wrote. */
  readonly output: string;
  /** Why it failed, in a few words; the log has all of them. */
  readonly problem: string;
}

export interface CommandOptions {
  readonly cwd: string;
  /** Longer than this is a failure. */
  readonly minutes: number;
  readonly env?: Readonly<Record<string, string>>;
}

const WINDOWS = process.platform === 'win32';

/** Runs commands one after the other, without a terminal; what they write goes to a log. */
export class Commands {
  readonly log: string;
  readonly #signal: AbortSignal;

  constructor(log: string, signal: AbortSignal) {
    this.log = log;
    this.#signal = signal;
  }

  /** Errors: `Interrupted`, once the command and all that it started are gone. A command that fails is no error. */
  run(
    command: string,
    args: readonly string[],
    { cwd, minutes, env }: CommandOptions,
  ): Promise<Ending> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return reject(new Interrupted());
      appendFileSync(this.log, `\n$ ${[command, ...args].join(' ')}\n`);
      // A group of its own, so that what npm and node-gyp start ends with them. On Windows npm is a batch file.
      const child = spawn(command, args, {
        cwd,
        // `npm run -s` would silence an npm below it, and its errors with it.
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
    // All of them have ended.
  }
}

/** What npm writes about an error besides the reason. */
const ASIDE = /^npm error (code|errno|syscall|path|command|A complete|network This)\b/;

/** The first line that names an error, as Node, Python, pip, npm and compilers write it. */
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
