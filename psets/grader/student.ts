import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Answer, Call, Reply } from './answer.ts';

/** Why a student's process ended without answers. */
export type ProcessFailure =
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'exited' };

/** The limits of a student's process. */
export interface Limits {
  /** Seconds of processor time for all calls of one task. */
  readonly seconds: number;
  /** MiB of JavaScript objects. */
  readonly memory: number;
}

/** The limits of the command line. */
export const LIMITS: Limits = { seconds: 5, memory: 256 };

/**
 * A student's file in a process with a limit of time and of memory. The process is not a sandbox:
 * the file may do everything that its user may.
 *
 *     const student = new Student('solution.ts', LIMITS);
 *     const answers = await student.ask([{ task: 'forward', args: [[1, 2], [3]] }]);
 */
export class Student {
  readonly #file: string;
  /** The limits of the process. */
  readonly limits: Limits;
  #child: ChildProcess | undefined;

  constructor(file: string, limits: Limits) {
    this.#file = file;
    this.limits = limits;
  }

  /**
   * The answers to calls, or why there are none. After a failure the next calls get a new process.
   */
  async ask(calls: readonly Call[]): Promise<readonly Answer[] | ProcessFailure> {
    if (this.#child === undefined) {
      // On a busy machine it takes long to start Node and to load TypeScript.
      const first = await this.#reply(this.#start(), 20 + this.limits.seconds);
      if (first.kind !== 'loaded')
        return first.kind === 'answers' ? { kind: 'exited' } : this.#fail(first);
    }
    const child = this.#child;
    if (child === undefined) return { kind: 'exited' };
    // The process limits its processor time itself. One that sleeps uses none, hence a generous
    // limit by the clock.
    const reply = this.#reply(child, 10 * this.limits.seconds);
    child.send(calls, () => undefined);
    const got = await reply;
    if (got.kind === 'answers') return got.answers;
    return got.kind === 'loaded' ? { kind: 'exited' } : this.#fail(got);
  }

  /** Ends the process. */
  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #fail(failure: ProcessFailure): ProcessFailure {
    this.stop();
    return failure;
  }

  #start(): ChildProcess {
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    const program = fileURLToPath(new URL(`./studentProcess${extension}`, import.meta.url));
    // Node 20 cannot load TypeScript, and the loader dominates the start-up time.
    const typed = program.endsWith('.ts') || this.#file.endsWith('.ts');
    const tsx = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    // A solution may be submitted without the package.json that declares it an ES module. Early
    // versions of Node 20 detect the format only if told to.
    const detect = '--experimental-detect-module';
    const child = fork(program, [this.#file, String(this.limits.seconds)], {
      execArgv: [
        `--max-old-space-size=${this.limits.memory}`,
        ...(typed ? ['--import', tsx()] : [detect]),
      ],
      // The grader's output must not contain what the student prints.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Keeps NaN, Infinity and -0.
      serialization: 'advanced',
    });
    this.#child = child;
    return child;
  }

  #reply(child: ChildProcess, seconds: number): Promise<Reply | ProcessFailure> {
    return new Promise((resolve) => {
      let errors = '';
      const onErrors = (data: Buffer) => void (errors = (errors + data.toString()).slice(-4000));
      const end = (reply: Reply | ProcessFailure) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        child.stderr?.off('data', onErrors);
        child.stderr?.resume();
        resolve(reply);
      };
      const onMessage = (reply: Reply) => end(reply);
      const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
        if (signal === 'SIGTERM') return end({ kind: 'timeout' });
        const full = signal === 'SIGABRT' || code === 134 || errors.includes('heap out of memory');
        end({ kind: full ? 'memory' : 'exited' });
      };
      const timer = setTimeout(() => end({ kind: 'timeout' }), seconds * 1000);
      child.once('message', onMessage).once('exit', onExit);
      child.stderr?.on('data', onErrors);
    });
  }
}
