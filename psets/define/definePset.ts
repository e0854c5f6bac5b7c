import { didYouMean } from '../../lib/didYouMean.ts';
import { InputError, show } from '../../lib/errors.ts';
import { isObject } from '../../lib/isObject.ts';
import type { Mistake, Pset } from '../grader/pset.ts';
import { checkAids } from './checkAids.ts';
import { checkGradients } from './checkGradients.ts';
import { checkMistakes } from './checkMistakes.ts';
import { checkReference } from './checkReference.ts';
import { checkSetName } from './checkSetName.ts';
import { checkTasks } from './checkTasks.ts';
import { drawCases, extremeCases } from './drawCases.ts';

/** The parts of a problem set of one's own. The known mistakes may be left out. */
export interface PsetOptions extends Omit<Pset, 'mistakes' | 'recordedSeed'> {
  /** The known mistakes. Specific mistakes come before general ones. */
  readonly mistakes?: readonly Mistake[];
}

/** The names of all parts. The compiler checks that none is missing. */
const PARTS: Readonly<Record<keyof PsetOptions, true>> = {
  name: true,
  title: true,
  tasks: true,
  solution: true,
  mistakes: true,
  derivations: true,
  quantities: true,
  properties: true,
  extremes: true,
  draw: true,
};

/**
 * Defines a problem set of one's own and proves it. The grader compares a submission with the
 * reference solution, so an error in a set would be blamed on the students. Therefore 24 cases are
 * drawn as the grader draws them, and for these and for the extreme cases:
 *
 *   - every argument of every function is there, and drawing a case again gives the same one;
 *   - every function of the reference returns finite numbers and changes no argument;
 *   - every gradient has the shape of its argument, and agrees with finite differences where a case
 *     is smooth;
 *   - every known mistake differs from the reference, and from the mistakes that come before it;
 *   - every derivation computes the values of the reference.
 *
 * Errors: a part that is missing or unknown; tasks that contradict each other; a draw, reference or
 *         mistake for which one of these statements is false. Each error names the part.
 *
 *     export default definePset({ name: 'double', title: 'Twice', tasks, solution, draw });
 */
export function definePset(options: PsetOptions): Pset {
  if (!isObject(options))
    throw new InputError(`definePset: expected { name: ..., tasks: ... }, got ${show(options)}`);
  const { name, title, solution, draw, mistakes = [] } = options;
  const known = Object.keys(PARTS);
  for (const part of Object.keys(options)) {
    if (known.includes(part)) continue;
    throw new InputError(`definePset: unknown option ${part}${didYouMean(part, known)}`);
  }
  checkSetName('definePset', name);
  if (typeof title !== 'string' || title.trim() === '')
    throw new InputError(`${name}: title: expected a text, got ${show(title)}`);
  checkTasks(options);
  if (!isObject(solution))
    throw new InputError(
      `${name}: solution: expected one function per task, got ${show(solution)}`,
    );
  if (typeof draw !== 'function')
    throw new InputError(`${name}: draw: expected a function (rng, k) => ..., got ${show(draw)}`);
  const pset: Pset = { ...options, mistakes };
  const cases = [...drawCases(pset), ...extremeCases(pset)];
  checkReference(pset, cases);
  checkGradients(pset, cases);
  checkMistakes(pset, cases);
  checkAids(pset, cases);
  return Object.freeze(pset);
}
