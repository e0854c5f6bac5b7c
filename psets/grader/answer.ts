import { isObject } from '../../lib/isObject.ts';
import type { Value } from './pset.ts';

/**
 * The result of calling a student's function. Every kind except `value` is a failure of the call.
 */
export type Answer = Outcome & {
  /** The lines that the function printed, if any. */
  readonly printed?: readonly string[];
};

/** The outcome of a call. */
type Outcome =
  | { readonly kind: 'value'; readonly value: Value; readonly mutated: boolean }
  | { readonly kind: 'invalid'; readonly description: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'notImplemented' }
  | { readonly kind: 'threw'; readonly message: string };

/** The message of the error that the empty functions of a handout throw. */
export const NOT_IMPLEMENTED = 'not implemented yet';

/** One call that the grader requests from the student's process. */
export interface Call {
  readonly task: string;
  readonly args: readonly Value[];
}

/** A message from the student's process to the grader. */
export type Reply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'unloadable'; readonly message: string }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] };

/**
 * Returns whether a message is a reply in the form that `studentProcess` sends. This must be
 * checked because the student's file runs in the same process and may send anything.
 */
export function isReply(message: unknown): message is Reply {
  if (!isObject(message)) return false;
  if (message.kind === 'unloadable') return typeof message.message === 'string';
  if (message.kind === 'answers')
    return Array.isArray(message.answers) && message.answers.every(isAnswer);
  return message.kind === 'loaded';
}

/** Returns whether the result of a request is a list of answers, and not a failure. */
export function isAnswers(result: readonly Answer[] | object): result is readonly Answer[] {
  return Array.isArray(result);
}

function isAnswer(answer: unknown): boolean {
  if (!isObject(answer)) return false;
  const { printed = [] } = answer;
  if (!Array.isArray(printed) || !printed.every((line) => typeof line === 'string')) return false;
  switch (answer.kind) {
    case 'value':
      return typeof answer.mutated === 'boolean' && isValue(answer.value, MOST_LEVELS);
    case 'invalid':
      return typeof answer.description === 'string';
    case 'threw':
      return typeof answer.message === 'string';
    default:
      return answer.kind === 'missing' || answer.kind === 'notImplemented';
  }
}

/** The largest allowed depth of nested lists in a value. Tasks return at most four levels. */
const MOST_LEVELS = 8;

function isValue(value: unknown, levels: number): boolean {
  if (typeof value === 'number') return true;
  if (levels === 0 || typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((item) => isValue(item, levels - 1));
}
