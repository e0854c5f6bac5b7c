import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolveTsx } from '../../lib/files/tsx.ts';
import type { Answer, Call, Reply } from './answer.ts';

/** How a student's process ended without the answers. */
export type ProcessFailure =
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'exited' };

export interface Limits {
  /** Seconds of processor time for all calls of one task. */
  readonly seconds: number;
  /** MiB of JavaScript objects. */
  readonly memory: number;
}

/**
 * A student's file in a process of its own, with a limit of time and of memory. No sandbox: the file can do whatever
 * its user may.
 */
export class Student {
  readonly #file: string;
  readonly limits: Limits;
  #child: ChildProcess | undefined;

  constructor(file: string, limits: Limits) {
    this.#file = file;
    this.limits = limits;
  }

  /** The answers to calls, or why there are none; the process is then another one. */
  async ask(calls: readonly Call[]): Promise<readonly Answer[] | ProcessFailure> {
    if (this.#child === undefined) {
      // Starting node and reading TypeScript takes its time on a busy machine.
      const first = await this.#next(this.#start(), 20 + this.limits.seconds);
      if (first.kind !== 'loaded')
        return first.kind === 'answers' ? { kind: 'exited' } : this.#lost(first);
    }
    const child = this.#child;
    if (child === undefined) return { kind: 'exited' };
    // By the clock much more than by the processor: the process watches its own time, but one that sleeps uses none.
    const reply = this.#next(child, 10 * this.limits.seconds);
    child.send(calls, () => undefined);
    const got = await reply;
    if (got.kind === 'answers') return got.answers;
    return got.kind === 'loaded' ? { kind: 'exited' } : this.#lost(got);
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #lost(loss: ProcessFailure): ProcessFailure {
    this.stop();
    return loss;
  }

  #start(): ChildProcess {
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    const own = fileURLToPath(new URL(`./student${extension}`, import.meta.url));
    // Node 20 reads no TypeScript, and what does costs more time than all else. A solution may be handed in alone, without
    // the package.json that says that it is an ES module: early versions of Node 20 look into it only if told to.
    const typed = own.endsWith('.ts') || this.#file.endsWith('.ts');
    const child = fork(own, [this.#file, String(this.limits.seconds)], {
      execArgv: [
        `--max-old-space-size=${this.limits.memory}`,
        ...(typed
          ? ['--import', pathToFileURL(resolveTsx(this.#file)).href]
          : ['--experimental-detect-module']),
      ],
      // What the student prints is not the grader's.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // NaN, Infinity and -0 are numbers too.
      serialization: 'advanced',
    });
    this.#child = child;
    return child;
  }

  #next(child: ChildProcess, seconds: number): Promise<Reply | ProcessFailure> {
    return new Promise((resolve) => {
      let errors = '';
      const onErrors = (data: Buffer) => void (errors = (errors + data.toString()).slice(-4000));
      const end = (found: Reply | ProcessFailure) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        child.stderr?.off('data', onErrors);
        child.stderr?.resume();
        resolve(found);
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
