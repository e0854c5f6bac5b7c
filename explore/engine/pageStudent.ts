import { isReply, type Answer, type Call, type Reply } from '../../psets/grader/answer.ts';
import type { Limits, ProcessFailure, Submission } from '../../psets/grader/student.ts';

/**
 * The limits of a student's code. A page cannot limit the memory of a worker; the browser limits
 * it.
 */
const LIMITS: Limits = { seconds: 5, memory: Infinity };

/**
 * A student's code in a worker with a time limit. The page protects itself against mistakes, such
 * as an endless loop, and not against attacks, because it runs in the student's own browser.
 *
 *     const report = await checkPset(pset, new PageStudent(source), new Rng(0));
 */
export class PageStudent implements Submission {
  readonly limits = LIMITS;
  readonly #source: string;
  #worker: Worker | undefined;
  /** The reason why the code cannot be loaded. It is the same for all calls. */
  #unloadable: ProcessFailure | undefined;

  /** @param source the JavaScript code of the module. */
  constructor(source: string) {
    this.#source = source;
  }

  async ask(calls: readonly Call[]): Promise<readonly Answer[] | ProcessFailure> {
    if (this.#unloadable !== undefined) return this.#unloadable;
    if (this.#worker === undefined) {
      this.#worker = new Worker(new URL('./studentWorker.ts', import.meta.url), { type: 'module' });
      const first = await this.#send(this.#worker, this.#source);
      if (first.kind !== 'loaded') {
        this.#unloadable = this.#fail(first.kind === 'answers' ? { kind: 'exited' } : first);
        return this.#unloadable;
      }
    }
    const got = await this.#send(this.#worker, calls);
    if (got.kind === 'answers' && got.answers.length === calls.length) return got.answers;
    return this.#fail(got.kind === 'answers' || got.kind === 'loaded' ? { kind: 'exited' } : got);
  }

  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #fail(failure: ProcessFailure): ProcessFailure {
    this.stop();
    return failure;
  }

  #send(worker: Worker, message: string | readonly Call[]): Promise<Reply | ProcessFailure> {
    return new Promise((resolve) => {
      const end = (reply: Reply | ProcessFailure) => {
        clearTimeout(timer);
        worker.onmessage = worker.onerror = null;
        resolve(reply);
      };
      const timer = setTimeout(() => end({ kind: 'timeout' }), 1000 * LIMITS.seconds);
      worker.onmessage = ({ data }: MessageEvent<unknown>) =>
        end(isReply(data) ? data : { kind: 'exited' });
      worker.onerror = (event) => {
        event.preventDefault();
        end({ kind: 'exited' });
      };
      worker.postMessage(message);
    });
  }
}
