import { fileURLToPath, URL } from 'node:url';
import type { Plugin } from 'vite';
import { readDocstrings } from './readDocstrings.ts';

const NAME = 'virtual:docstrings';

/** Provides the docstrings of all boxes to the page, as the module `virtual:docstrings`. */
export function docstrings(): Plugin {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  return {
    name: 'boxprop-docstrings',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) =>
      id === `\0${NAME}`
        ? `export default JSON.parse(${JSON.stringify(JSON.stringify(readDocstrings(root)))})`
        : undefined,
  };
}
