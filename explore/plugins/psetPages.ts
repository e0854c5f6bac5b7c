import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import type { Plugin } from 'vite';
import { splitReadme } from '../../psets/grader/handout.ts';
import { renderStatement } from './renderStatement.ts';

/** The texts of a problem set, as HTML. */
export interface PsetPage {
  readonly statement: string;
  /** The derivation, the boundary cases and the most frequent mistakes. */
  readonly solution: string;
}

const NAME = 'virtual:psetPages';

/**
 * Provides the module `virtual:psetPages`, which maps the name of each problem set to a function
 * that loads its texts.
 */
export function psetPages(): Plugin {
  const folder = fileURLToPath(new URL('../../psets', import.meta.url));
  const fileOf = (name: string) => join(folder, name, 'README.md');
  return {
    name: 'boxprop-pset-pages',
    resolveId: (id) => (id.startsWith(NAME) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${NAME}`)) return undefined;
      const [, name] = id.split('/');
      if (name !== undefined) {
        this.addWatchFile(fileOf(name));
        return `export default ${JSON.stringify(readPsetPage(name, readFileSync(fileOf(name), 'utf8')))}`;
      }
      const names = readdirSync(folder).filter((one) => existsSync(fileOf(one)));
      const entries = names.map((one) => `'${one}': () => import('${NAME}/${one}')`);
      return `export default { ${entries.join(', ')} }`;
    },
  };
}

/** Converts the README of a problem set. */
function readPsetPage(name: string, readme: string): PsetPage {
  const { statement, solution } = splitReadme(name, readme);
  // The view shows its own title, so the README's title is removed.
  const body = statement.replace(/^# .*\n/, '').replace(/^## Statement\n/m, '');
  return { statement: renderStatement(body), solution: renderStatement(solution) };
}
