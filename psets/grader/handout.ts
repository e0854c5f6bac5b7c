import { NOT_IMPLEMENTED } from './answer.ts';
import type { Pset, Task } from './pset.ts';

/**
 * Makes the files of a handout: the statement, a skeleton with empty functions, and a package.json
 * with the command that checks them. Returns the files by name. They are made only from the
 * statement and the descriptions of the functions, so they cannot contain a solution. The checker
 * `check.mjs` comes beside them.
 *
 * @param statement the first part of the problem set's README.
 */
export function handout(pset: Pset, statement: string, js: boolean): Record<string, string> {
  const file = `solution.${js ? 'js' : 'ts'}`;
  const manifest = {
    name: `pset-${pset.name}`,
    private: true,
    type: 'module',
    scripts: { check: 'node check.mjs' },
    engines: { node: '>=20.19' },
    boxprop: { pset: pset.name },
  };
  const how = [
    '## What to do',
    '',
    `Write the functions of \`${file}\` with plain numbers and lists, without a library. Do not change`,
    'their names or arguments. The file may import others of this folder, and nothing else. Then',
    '',
    '```sh\nnode check.mjs\n```',
    '',
    'reports for each function whether it is right, and otherwise what is wrong, with the smallest',
    'example. It needs Node 20.19 or newer, and neither an installation nor a network. The grade is',
    'made with other examples.',
    '',
  ];
  return {
    'README.md': `${statement}${how.join('\n')}`,
    [file]: skeletonOf(pset, js),
    'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
  };
}

/**
 * Splits the README of a problem set into the statement and the solution. The solution begins at
 * the heading "Derivation".
 *
 * Errors: a README without that heading.
 */
export function splitReadme(name: string, readme: string): { statement: string; solution: string } {
  const end = readme.search(/^## Derivation/m);
  if (end < 0) throw new Error(`${name}: expected a heading "## Derivation" in README.md`);
  return { statement: readme.slice(0, end), solution: readme.slice(end) };
}

/** Returns the source code of the functions of a problem set, without their bodies. */
export function skeletonOf({ tasks }: Pset, js: boolean): string {
  return tasks.map((task) => skeleton(task, js)).join('\n');
}

function skeleton({ name, parameters, returns, doc }: Task, js: boolean): string {
  const types = (type: string) => (js ? `{${type}} ` : '');
  const list = parameters.map((one) => (js ? one.name : `${one.name}: ${one.type}`)).join(', ');
  return [
    '/**',
    ` * ${doc}`,
    ' *',
    ...parameters.map((one) => ` * @param ${types(one.type)}${one.name} ${one.doc}`),
    ` * @returns ${types(returns.type)}${returns.doc}`,
    ' */',
    `export function ${name}(${list})${js ? '' : `: ${returns.type}`} {`,
    `  throw new Error('${NOT_IMPLEMENTED}');`,
    '}',
    '',
  ].join('\n');
}
