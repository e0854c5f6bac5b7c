import { isRows } from '../values.ts';
import type { Args, Pset } from '../pset.ts';
import { isList } from './mapNumbers.ts';

/** The quantities of one case, by name. */
export type Quantities = ReadonlyMap<string, number>;

/**
 * Returns the numbers of a case that may appear as a wrong factor: its arguments that are numbers,
 * the lengths of its lists, and the quantities that the problem set declares.
 */
export function quantitiesOf(pset: Pset, names: readonly string[], args: Args): Quantities {
  const found = new Map<string, number>();
  for (const [name, quantity] of Object.entries(pset.quantities ?? {}))
    found.set(name, quantity(args));
  for (const name of names) {
    const value = args[name];
    if (typeof value === 'number') found.set(name, value);
    if (!isList(value)) continue;
    found.set(`the length of ${name}`, value.length);
    if (!isRows(value)) continue;
    found.set(`the length of a row of ${name}`, value[0].length);
    found.set(`the count of all numbers in ${name}`, value.length * value[0].length);
  }
  return found;
}
