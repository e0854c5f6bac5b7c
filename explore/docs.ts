import docstrings from 'virtual:docstrings';
import type { BoxDoc } from './plugins/boxDoc.ts';

/** Each docstring by the name of its class; a plugin of the build reads them from the sources. */
const docs = docstrings as Readonly<Record<string, BoxDoc>>;

/** Returns the docstring of a box or cost; undefined if there is no box of this name. */
export function docOf(name: string): BoxDoc | undefined {
  return Object.hasOwn(docs, name) ? docs[name] : undefined;
}
