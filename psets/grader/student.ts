import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
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
  /**
   * The limit on elapsed time until the file is loaded, in seconds. By default it is long, because
   * starting Node and loading TypeScript may take long on a busy machine.
   */
  readonly loadSeconds?: number;
  /**
   * The limit on elapsed time for all calls of one task, in seconds; 10 times `seconds` by default.
   * A process that sleeps uses no processor time.
   */
  readonly waitSeconds?: number;
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
 * Starts the process of a student's file, with `studentProcess` as its program and an IPC channel
 * with the serialization "advanced", which preserves NaN, Infinity and -0, unlike JSON.
 */
export type StartProcess = (file: string, limits: Limits) => ChildProcess;

/** The most characters of stderr that are kept. */
const MOST_ERRORS = 4000;

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
  readonly #startProcess: StartProcess;
  #child: ChildProcess | undefined;
  /** The end of what the process has printed on stderr. */
  #errors = '';
  /** The reason why the file cannot be loaded. It is the same for all calls. */
  #unloadable: ProcessFailure | undefined;

  constructor(file: string, limits: Limits, startProcess: StartProcess = startNode) {
    this.#file = file;
    this.limits = limits;
    this.#startProcess = startProcess;
  }

  async ask(calls: readonly Call[]): Promise<readonly Answer[] | ProcessFailure> {
    if (this.#unloadable !== undefined) return this.#unloadable;
    if (this.#child === undefined) {
      const { seconds, loadSeconds = 20 + seconds } = this.limits;
      this.#child = this.#startProcess(this.#file, this.limits);
      this.#errors = '';
      this.#child.stderr?.on('data', (data: Buffer) => {
        this.#errors = (this.#errors + data.toString()).slice(-MOST_ERRORS);
      });
      const first = await this.#reply(this.#child, loadSeconds);
      if (first.kind !== 'loaded') {
        if (
          first.kind === 'unloadable' &&
          /^SyntaxError: (?!.*, line \d)[^(]*$/.test(first.message)
        )
          return (this.#unloadable = this.#fail(await this.#located(this.#child, first)));
        this.#unloadable = this.#fail(first.kind === 'answers' ? { kind: 'exited' } : first);
        return this.#unloadable;
      }
    }
    const child = this.#child;
    if (child === undefined) return { kind: 'exited' };
    // The process limits its own processor time.
    const { seconds, waitSeconds = 10 * seconds } = this.limits;
    const reply = this.#reply(child, waitSeconds);
    child.send(calls, () => undefined);
    const got = await reply;
    if (got.kind === 'answers' && got.answers.length === calls.length) return got.answers;
    return this.#fail(got.kind === 'answers' || got.kind === 'loaded' ? { kind: 'exited' } : got);
  }

  /**
   * Adds the place to a syntax error. Node prints it when the process ends, and it is not part of
   * the error itself.
   */
  async #located(
    child: ChildProcess,
    failure: ProcessFailure & { kind: 'unloadable' },
  ): Promise<ProcessFailure> {
    if (child.exitCode === null && child.signalCode === null)
      await Promise.race([once(child, 'close'), setTimeout(2000, undefined, { ref: false })]);
    const place = /([^/\\\n]+):(\d+)\n([^\n]*)\n( *)(\^?)/.exec(this.#errors);
    if (place === null) return failure;
    const [, file, line, , before, caret] = place;
    const column = caret === '' ? '' : `, column ${before.length + 1}`;
    return { ...failure, message: `${failure.message} (${file}, line ${line}${column})` };
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #fail(failure: ProcessFailure): ProcessFailure {
    this.stop();
    return failure;
  }

  #reply(child: ChildProcess, seconds: number): Promise<Reply | ProcessFailure> {
    return new Promise((resolve) => {
      const end = (reply: Reply | ProcessFailure) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        resolve(reply);
      };
      const onMessage = (reply: unknown) => end(isReply(reply) ? reply : { kind: 'exited' });
      const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
        if (signal === 'SIGTERM') return end({ kind: 'timeout' });
        const full =
          signal === 'SIGABRT' ||
          signal === 'SIGKILL' ||
          code === 134 ||
          this.#errors.includes('heap out of memory');
        end({ kind: full ? 'memory' : 'exited' });
      };
      const timer = globalThis.setTimeout(() => end({ kind: 'timeout' }), seconds * 1000);
      child.once('message', onMessage).once('exit', onExit);
    });
  }
}

/** Starts a process of Node that may do everything that this process may do. */
function startNode(file: string, { seconds, memory }: Limits): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const program = fileURLToPath(new URL(`./studentProcess${extension}`, import.meta.url));
  // Node 20 needs a loader for TypeScript. The loader is slow to start, so it is used only if a
  // file is TypeScript.
  const typed = program.endsWith('.ts') || file.endsWith('.ts');
  const tsx = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  // A solution may be submitted without the package.json that declares it an ES module. Early
  // versions of Node 20 detect the format only with this option.
  const detect = '--experimental-detect-module';
  return fork(program, [file, String(seconds), String(memory)], {
    execArgv: [`--max-old-space-size=${memory}`, ...(typed ? ['--import', tsx()] : [detect])],
    // Anything that the student's code prints must not become part of the grader's output.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
}
