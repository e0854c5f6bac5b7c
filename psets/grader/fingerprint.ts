import { createHash } from 'node:crypto';
import { Rng } from '../../lib/rng.ts';
import { applied, argumentsOf, type Pset } from './pset.ts';

/** As many cases as the grader draws. */
const CASES = 24;

/**
 * Returns a hash of everything in a problem set on which a report depends: its texts and functions,
 * and the values of the reference and of the known mistakes. So a set that a lecturer has changed
 * has another hash, even if the change is in a file that it imports.
 */
export function fingerprint(pset: Pset, seed: number): string {
  const hash = createHash('sha256').update(textOf(pset));
  const functions = [
    ...Object.entries(pset.solution),
    ...pset.mistakes.map(({ task, solve }) => [task, solve] as const),
  ];
  for (let k = 0; k < CASES; k++) {
    const { args, smooth } = pset.draw(new Rng(seed).fold(k), k);
    hash.update(textOf([args, smooth]));
    for (const [name, solve] of functions) {
      const task = pset.tasks.find((one) => one.name === name);
      if (task !== undefined) hash.update(textOf(applied(solve, argumentsOf(task, args))));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** JSON with the text of the functions. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'function' ? String(item) : item,
  );
}
