import { InputError, messageOf, show } from '../../lib/errors.ts';
import { isObject } from '../../lib/isObject.ts';
import { Rng } from '../../lib/rng.ts';
import type { Case, Pset } from '../grader/pset.ts';

/** As many cases as the grader draws. */
const CASES = 24;

/**
 * Draws the cases for which a problem set is proven.
 *
 * Errors: a draw that throws; one that gives different cases for the same generator; an argument
 *         that is missing, or that is nothing but numbers, words, booleans, lists and records.
 */
export function drawCases(pset: Pset): Case[] {
  return Array.from({ length: CASES }, (_, k) => {
    const drawn = drawCase(pset, k);
    if (JSON.stringify(drawn) === JSON.stringify(drawCase(pset, k))) return drawn;
    throw new InputError(
      `${pset.name}: draw(rng, ${k}): expected the same case for the same rng, got another; take every random number from rng`,
    );
  });
}

function drawCase(pset: Pset, k: number): Case {
  const place = `${pset.name}: draw(rng, ${k})`;
  let drawn: Case;
  try {
    drawn = pset.draw(new Rng(0).fold(k), k);
  } catch (error) {
    throw new InputError(`${place}: expected a case, got an error: ${messageOf(error)}`, {
      cause: error,
    });
  }
  checkCase(place, pset, drawn);
  return drawn;
}

/**
 * Returns the extreme cases of a problem set.
 *
 * Errors: as for a drawn case; a case without a name.
 */
export function extremeCases(pset: Pset): readonly Case[] {
  const { name, extremes = [] } = pset;
  for (const [k, item] of extremes.entries()) {
    checkCase(`${name}: extremes[${k}]`, pset, item);
    if (typeof item.extreme === 'string' && item.extreme.trim() !== '') continue;
    throw new InputError(
      `${name}: extremes[${k}].extreme: expected a name such as "scores that are far apart", got ${show(item.extreme)}`,
    );
  }
  return extremes;
}

function checkCase(place: string, pset: Pset, drawn: Case): void {
  if (!isObject(drawn) || !isObject(drawn.args) || typeof drawn.smooth !== 'boolean') {
    throw new InputError(
      `${place}: expected { args: { ... }, smooth: true or false }, got ${show(drawn)}`,
    );
  }
  for (const { name, parameters } of pset.tasks) {
    for (const parameter of parameters) {
      const problem = problemOf(drawn.args[parameter.name]);
      if (problem === undefined) continue;
      throw new InputError(
        `${place}: args.${parameter.name}: expected an argument of ${name}, made of numbers, words, booleans, lists and records, got ${problem}`,
      );
    }
  }
}

/** Describes the first part of a value that cannot be sent to a student's process. */
function problemOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : undefined;
  if (typeof value === 'string' || typeof value === 'boolean') return undefined;
  const isRecord = isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
  if (!Array.isArray(value) && !isRecord) return show(value);
  for (const item of Object.values(value)) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
