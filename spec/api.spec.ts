import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type ts from 'typescript';
import { readDocstrings } from '../explore/plugins/readDocstrings.ts';
import { useBackend } from '../index.ts';
import {
  declarationErrors,
  declarationsOf,
  exportedCaches,
  globalNames,
  publicNames,
  sourcesOf,
  unexportedTypes,
  type Api,
} from './support/api.ts';
import { longComments, sourceFiles, undocumented } from './support/documentation.ts';
import { optionNames, takingOptions } from './support/optionsOf.ts';
import { entryPoints } from '../scripts/program.ts';
import { ROOT } from './support/runCommand.ts';

/**
 * The public API, as the compiler sees it: its types, its documentation, and its options. One spec
 * has all of these tests, because the compiler's program of the entries takes long to make.
 */

const FOLDERS = `lib modules losses optim gradcheck formats models data train inspect search report psets cli`;

const entries = entryPoints();
const files = Object.values(entries);
let program: ts.Program;
beforeAll(() => {
  program = sourcesOf(entries);
});

describe('the public API', () => {
  let api: Api;
  beforeAll(() => {
    api = declarationsOf(program, entries);
  });

  test('exports every type that a public signature mentions', () => {
    expect(unexportedTypes(api)).toEqual([]);
  });

  test.each([true, false])('compiles if exactOptionalPropertyTypes is %s', (exact) => {
    expect(declarationErrors(api, { exactOptionalPropertyTypes: exact })).toEqual([]);
  });

  test('exports no cache', () => {
    expect(exportedCaches(api)).toEqual([]);
  });

  test('shadows no global name of a browser', () => {
    const globals = globalNames();
    const names = Object.values(publicNames(api)).flat();
    expect(names.filter((name) => globals.has(name))).toEqual([]);
  });

  test('exports each name from one entry', () => {
    const names = Object.values(publicNames(api)).flat();
    // boxprop/node loads weights and networks from a path, boxprop/formats from a URL, a File or
    // bytes.
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    expect(twice.sort()).toEqual(['loadOnnx', 'loadWeights']);
  });
});

test('an editor shows documentation for every public class, function, type and option', () => {
  expect(undocumented(program, files)).toEqual([]);
});

test('comments wrap at 100 columns', () => {
  const folders = FOLDERS.split(' ').map((folder) => join(ROOT, folder));
  expect(longComments([...sourceFiles(...folders), ...files])).toEqual([]);
});

test('the docstrings of the live page have all options of a box, inherited ones too', () => {
  const docs = readDocstrings(ROOT);
  const expected = optionNames(
    program,
    ['modules/index.ts', 'losses/index.ts'].map((file) => join(ROOT, file)),
  );
  expect(Object.keys(expected).length).toBeGreaterThan(30);
  const read = Object.keys(expected).map((name) => [
    name,
    (docs[name]?.options ?? []).map((option) => option.name).sort(),
  ]);
  expect(read).toEqual(Object.entries(expected).map(([name, options]) => [name, options.sort()]));
});

test('every exported function and class with options refuses an unknown one by name, first', async () => {
  await useBackend('cpu');
  const silent: string[] = [];
  let count = 0;
  for (const [file, taking] of takingOptions(program, files)) {
    const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    for (const { name, before, isClass } of taking) {
      const value = name.split('.').reduce<unknown>((of, key) => (of as never)[key], exported);
      const got = await failureOf(value as never, before, isClass);
      count++;
      if (!got.includes('unknown option notAnOption')) silent.push(`${name}: ${got}`);
    }
  }
  expect(count).toBeGreaterThan(50);
  expect(silent).toEqual([]);
});

/** The message of a call with nothing but an unknown option. */
async function failureOf(
  callee: (new (...args: unknown[]) => unknown) & ((...args: unknown[]) => unknown),
  before: number,
  isClass: boolean,
): Promise<string> {
  const args = [...new Array<undefined>(before), { notAnOption: 1 }];
  try {
    await (isClass ? new callee(...args) : callee(...args));
    return 'no error';
  } catch (error) {
    return String(error);
  }
}
