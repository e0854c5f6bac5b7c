import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { entryPoints } from '../../scripts/program.ts';
import { BUILT, ROOT } from '../support/runCommand.ts';

/**
 * Tests that no entry for browsers loads a package other than tfjs-core when it is imported. A page
 * without a bundler would load every such package, used or not.
 */

/** The packages and Node modules that a file imports when it is loaded, with the importing file. */
function packagesOf(entry: string): Record<string, string> {
  const found: Record<string, string> = {};
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const name of importsOf(file)) {
      if (name.startsWith('.')) visit(join(dirname(file), name));
      else found[name] ??= file;
    }
  };
  visit(entry);
  return found;
}

/** The modules of `import` and `export` declarations. Dynamic imports load nothing yet. */
function importsOf(file: string): string[] {
  const known = imports.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(file, 'utf8');
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const names = statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    return moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [];
  });
  imports.set(file, names);
  return names;
}

const imports = new Map<string, string[]>();

/** The compiled files of the entries. */
function compiled(): Record<string, string> {
  const entries = Object.entries(entryPoints()).map(([subpath, source]) => {
    const file = relative(ROOT, source).replace(/\.ts$/, '.js');
    return [subpath, join(BUILT, 'dist', file)];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

const { './node': node, ...browser } = compiled();

test.each(Object.keys(browser))('%s loads no package except tfjs-core', (entry) => {
  // Problem sets compute with plain numbers.
  const expected = entry === './psets' ? [] : ['@tensorflow/tfjs-core'];
  expect(Object.keys(packagesOf(browser[entry]))).toEqual(expected);
});

test('the check sees what boxprop/node loads', () => {
  expect(Object.keys(packagesOf(node))).toEqual(
    expect.arrayContaining(['@tensorflow/tfjs-core', 'csv-parse/sync', 'node:fs/promises']),
  );
});
