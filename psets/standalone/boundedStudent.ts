import type { Answer, Call } from '../grader/answer.ts';
import {
  Student,
  type Limits,
  type ProcessFailure,
  type StartProcess,
  type Submission,
} from '../grader/student.ts';

/** The limits of the functions after one that has exceeded its time. */
const AFTERWARDS = { seconds: 0.7, waitSeconds: 0.9 };

/**
 * A student's file whose check ends within seconds. A function that has exceeded its time is not
 * called again, although the grader may need it for the gradients, and the functions after it get
 * less time.
 */
export class BoundedStudent implements Submission {
  readonly #file: string;
  readonly #start: StartProcess;
  /** The limits of the latest calls. */
  #limits: Limits;
  #student: Student;
  /** The reason why the file cannot be loaded. Is undefined as long as nothing was tried. */
  #loaded: readonly Answer[] | ProcessFailure | undefined;
  readonly #slow = new Map<string, { failure: ProcessFailure; limits: Limits }>();

  constructor(file: string, limits: Limits, start: StartProcess) {
    this.#file = file;
    this.#limits = limits;
    this.#start = start;
    this.#student = new Student(file, limits, start);
  }

  get limits(): Limits {
    return this.#limits;
  }

  async ask(calls: readonly Call[]): Promise<readonly Answer[] | ProcessFailure> {
    // An empty list of calls only loads the file.
    this.#loaded ??= await this.#student.ask([]);
    if ('kind' in this.#loaded) return this.#loaded;
    const slow = calls.map(({ task }) => this.#slow.get(task)).find((one) => one !== undefined);
    if (slow !== undefined) {
      this.#limits = slow.limits;
      return slow.failure;
    }
    const { limits } = this.#student;
    this.#limits = limits;
    const result = await this.#student.ask(calls);
    if ('kind' in result && result.kind === 'timeout') {
      for (const { task } of calls) this.#slow.set(task, { failure: result, limits });
      this.#student.stop();
      this.#student = new Student(this.#file, { ...limits, ...AFTERWARDS }, this.#start);
    }
    return result;
  }

  stop(): void {
    this.#student.stop();
  }
}
