import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './support/runCommand.ts';

/** Each folder of examples is a project that works where it is copied to. */

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const EXAMPLES = join(ROOT, 'examples');

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const manifestOf = (folder: string) => JSON.parse(read(folder, 'package.json')) as Manifest;

/**
 * The folders that are projects. `lecture` holds programs of the clone, and `leaky-relu` a problem
 * set that the command line takes.
 */
const folders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['lecture', 'leaky-relu'].includes(entry.name))
  .map(({ name }) => name);

const boxprop = manifestOf(ROOT);

/** The files with code, also the notebooks. */
function codeOf(folder: string): [file: string, text: string][] {
  return readdirSync(join(EXAMPLES, folder))
    .filter((file) => /\.(js|ts|html|ipynb)$/.test(file))
    .map((file) => {
      const text = read(EXAMPLES, folder, file);
      if (!file.endsWith('.ipynb')) return [file, text];
      const { cells } = JSON.parse(text) as { cells: { cell_type: string; source: string[] }[] };
      const code = cells.filter(({ cell_type }) => cell_type === 'code');
      return [file, code.map(({ source }) => source.join('')).join('\n')];
    });
}

/** The packages that code imports: `@tensorflow/tfjs-core` for `@tensorflow/tfjs-core/x`. */
function packagesIn(text: string): string[] {
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !/^[./]/.test(name) && !isBuiltin(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
}

test('there are the examples that people copy', () => {
  expect(folders).toEqual([
    'fine-tuning',
    'notebook-deno',
    'observable',
    'own-box',
    'own-data',
    'page-without-bundler',
    'serving',
    'train-in-a-page',
    'train-in-node',
  ]);
});

test('the list of examples names each folder', () => {
  const list = read(EXAMPLES, 'README.md');
  for (const folder of folders) expect(list).toContain(`(${folder}/README.md)`);
});

describe.each(folders)('%s', (folder) => {
  const {
    name,
    dependencies = {},
    devDependencies = {},
    ...manifest
  } = manifestOf(join(EXAMPLES, folder));

  test('is a private project with the name of its folder', () => {
    expect(name).toBe(`boxprop-${folder}`);
    expect(manifest.private).toBe(true);
  });

  test('takes the version of boxprop that it is beside', () => {
    expect(dependencies.boxprop).toBe(`^${boxprop.version}`);
  });

  test('takes the versions of optional packages that boxprop takes', () => {
    for (const [dependency, range] of Object.entries(dependencies)) {
      const own = boxprop.peerDependencies?.[dependency];
      if (own !== undefined) expect([dependency, range]).toEqual([dependency, own]);
    }
  });

  test('declares every package that its code imports', () => {
    const declared = Object.keys({ ...dependencies, ...devDependencies });
    const missing = codeOf(folder).flatMap(([file, text]) =>
      packagesIn(text)
        .filter((one) => !declared.includes(one))
        .map((one) => `${file}: ${one}`),
    );
    expect(missing).toEqual([]);
  });

  test('has a README whose commands exist', () => {
    expect(existsSync(join(EXAMPLES, folder, 'README.md'))).toBe(true);
    const named = [
      ...read(EXAMPLES, folder, 'README.md').matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g),
    ].map(([, script, short]) => script ?? short);
    expect(Object.keys(manifest.scripts ?? {})).toEqual(expect.arrayContaining(named));
  });
});
