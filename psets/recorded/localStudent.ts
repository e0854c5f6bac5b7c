import { answerCall } from '../grader/answerCall.ts';
import type { Answer, Call } from '../grader/answer.ts';
import type { Limits, Submission } from '../grader/student.ts';

/** Functions that the grader calls in its own process. Only functions of boxprop may run there. */
export class LocalStudent implements Submission {
  readonly limits: Limits = { seconds: Infinity, memory: Infinity };
  readonly #functions: Readonly<Record<string, unknown>>;

  constructor(functions: Readonly<Record<string, unknown>>) {
    this.#functions = functions;
  }

  ask(calls: readonly Call[]): Promise<readonly Answer[]> {
    return Promise.resolve(calls.map((call) => answerCall({ ...this.#functions }, call)));
  }

  stop(): void {
    // There is no process to end.
  }
}
