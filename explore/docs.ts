import docstrings from 'virtual:docstrings';
import type { BoxDoc } from './plugins/boxDoc.ts';

/**
 * The docstring of each box and cost, by class; a plugin of the build reads them from the sources.
 */
export const docs = docstrings as Readonly<Record<string, BoxDoc | undefined>>;
