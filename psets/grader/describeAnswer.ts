import type { Answer } from './answer.ts';
import type { Limits, ProcessFailure } from './student.ts';

/** Describes why a student's process gave no answers. */
export function describeFailure(failure: ProcessFailure, { seconds, memory }: Limits): string {
  switch (failure.kind) {
    case 'unloadable':
      return `the file cannot be loaded: ${failure.message}`;
    case 'timeout':
      return `does not return within ${seconds} s: is there an endless loop?`;
    case 'memory':
      return `needs more than ${memory} MiB of memory: does a list grow without end?`;
    case 'exited':
      return 'ends the process';
  }
}

/** Describes a call that returned no value. */
export function describeAnswer(answer: Exclude<Answer, { kind: 'value' }>): string {
  switch (answer.kind) {
    case 'missing':
      return 'missing: the file does not export it';
    case 'notImplemented':
      return 'not implemented yet';
    case 'threw':
      return `throws ${answer.message}`;
    case 'invalid':
      return `returns ${answer.description}`;
  }
}
