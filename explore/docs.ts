import docstrings from 'virtual:docstrings';
import type { BoxDoc } from './plugins/boxDoc.ts';

/** The docstrings, by the name of the class. A build plugin reads them from the sources. */
const docs = docstrings as Readonly<Record<string, BoxDoc>>;

/** Returns the docstring of a box or cost, or undefined if there is no box of this name. */
export function docOf(name: string): BoxDoc | undefined {
  return Object.hasOwn(docs, name) ? docs[name] : undefined;
}
