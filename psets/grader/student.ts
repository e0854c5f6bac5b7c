import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isReply, type Answer, type Call, type Reply } from './answer.ts';

/** The reason why a student's process returned no answers. */
export type ProcessFailure =
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'exited' };

/** The limits of a student's process. */
export interface Limits {
  /** The limit for the processor time of all calls of one task, in seconds. */
  readonly seconds: number;
  /** The limit for JavaScript objects, in MiB. Typed arrays may use the same amount in addition. */
  readonly memory: number;
}

/** The limits that the command line sets. */
export const LIMITS: Limits = { seconds: 5, memory: 256 };

/**
 * A submission that can be called. The command line runs it in a process, and the live page in a
 * worker.
 */
export interface Submission {
  readonly limits: Limits;
  /**
   * Returns the answers to calls, or the reason why there are no answers. After a failure, the next
   * calls use a new process or worker.
   */
  ask(calls: readonly Call[]): Promise<readonly Answer[] | ProcessFailure>;
  /** Ends the process or worker. */
  stop(): void;
}

/**
 * A student's file in a process with limits for time and memory. The process can import only files
 * from the folder of the student's file. It is not a sandbox: a malicious file can do everything
 * that its user is allowed to do.
 *
 *     const student = new Student('solution.ts', LIMITS);
 *     const answers = await student.ask([{ task: 'forward', args: [[1, 2], [3]] }]);
 */
export class Student implements Submission {
  readonly #file: string;
  readonly limits: Limits;
  #child: ChildProcess | undefined;
  /** The reason why the file cannot be loaded. It is the same for all calls. */
  #unloadable: ProcessFailure | undefined;

  constructor(file: string, limits: Limits) {
    this.#file = file;
    this.limits = limits;
  }

  async ask(calls: readonly Call[]): Promise<readonly Answer[] | ProcessFailure> {
    if (this.#unloadable !== undefined) return this.#unloadable;
    if (this.#child === undefined) {
      // Starting Node and loading TypeScript may take long on a busy machine, so the first reply
      // has a longer time limit.
      const first = await this.#reply(this.#start(), 20 + this.limits.seconds);
      if (first.kind !== 'loaded') {
        this.#unloadable = this.#fail(first.kind === 'answers' ? { kind: 'exited' } : first);
        return this.#unloadable;
      }
    }
    const child = this.#child;
    if (child === undefined) return { kind: 'exited' };
    // The process limits its own processor time. A process that sleeps uses no processor time, so
    // there is also a longer limit on elapsed time.
    const reply = this.#reply(child, 10 * this.limits.seconds);
    child.send(calls, () => undefined);
    const got = await reply;
    if (got.kind === 'answers' && got.answers.length === calls.length) return got.answers;
    return this.#fail(got.kind === 'answers' || got.kind === 'loaded' ? { kind: 'exited' } : got);
  }

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
    // Node 20 needs a loader for TypeScript. The loader is slow to start, so it is used only if a
    // file is TypeScript.
    const typed = program.endsWith('.ts') || this.#file.endsWith('.ts');
    const tsx = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    // A solution may be submitted without the package.json that declares it an ES module. Early
    // versions of Node 20 detect the format only with this option.
    const detect = '--experimental-detect-module';
    const { seconds, memory } = this.limits;
    const child = fork(program, [this.#file, String(seconds), String(memory)], {
      execArgv: [`--max-old-space-size=${memory}`, ...(typed ? ['--import', tsx()] : [detect])],
      // Anything that the student's code prints must not become part of the grader's output.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Unlike JSON, this serialization preserves NaN, Infinity and -0.
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
      const onMessage = (reply: unknown) => end(isReply(reply) ? reply : { kind: 'exited' });
      const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
        if (signal === 'SIGTERM') return end({ kind: 'timeout' });
        const full =
          signal === 'SIGABRT' ||
          signal === 'SIGKILL' ||
          code === 134 ||
          errors.includes('heap out of memory');
        end({ kind: full ? 'memory' : 'exited' });
      };
      const timer = setTimeout(() => end({ kind: 'timeout' }), seconds * 1000);
      child.once('message', onMessage).once('exit', onExit);
      child.stderr?.on('data', onErrors);
    });
  }
}
