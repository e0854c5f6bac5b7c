import { ESLint } from 'eslint';
import { ROOT } from './support/runCommand.ts';

/** Tests the import rule of eslint.config.mjs on right and wrong files. */

const eslint = new ESLint({
  cwd: ROOT,
  ruleFilter: ({ ruleId }) => ruleId === 'boxprop/imports',
  // Rules that use types are off, so the slow type checker does not run.
  overrideConfig: {
    languageOptions: { parserOptions: { projectService: false } },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
  },
});

/** The messages for a file if it had this text. */
async function complaints(filePath: string, text: string): Promise<string[]> {
  const [{ messages }] = await eslint.lintText(text, { filePath });
  return messages.map(({ message }) => message);
}

test.each([
  ['modules/planted.ts', `import { check } from '../lib/check.ts';`],
  ['lib/backend/planted.ts', `import { kernel } from '../kernels/planted.ts';`],
  ['cli/setup/planted.ts', `const { Rng } = await import('../../lib/rng.ts');`],
  ['spec/planted.spec.ts', `import { lenet } from 'boxprop';`],
  ['lib/planted.ts', `import { readFile } from 'node:fs/promises';`],
])('%s may hold %s', async (file, text) => {
  expect(await complaints(file, text)).toEqual([]);
});

test.each([
  ['lib/planted.ts', `import { Linear } from '../modules/linear.ts';`, 'modules/linear.ts'],
  ['lib/planted.ts', `import { zeros } from './init/initializers.ts';`, 'lib/init/initializers.ts'],
  ['lib/kernels/a/planted.ts', `export * from '../../backend/wasm.ts';`, 'lib/backend/wasm.ts'],
  ['losses/planted.ts', `import type { SGD } from '../optim/sgd.ts';`, 'optim/sgd.ts'],
  ['optim/planted.ts', `export { train } from '../train/index.ts';`, 'train/index.ts'],
  ['data/planted.ts', `type A = import('../train/trainer.ts').Trainer;`, 'train/trainer.ts'],
  ['cli/planted.ts', `const { Rng } = await import('../index.ts');`, 'index.ts'],
  ['modules/planted.ts', `import { Linear } from 'boxprop';`, 'index.ts'],
  [
    'bench/planted.ts',
    `import { blank } from '../spec/support/refusals.ts';`,
    'spec/support/refusals.ts',
  ],
])('%s may not hold %s', async (file, text, imported) => {
  expect(await complaints(file, text)).toEqual([
    expect.stringContaining(` imports ${imported} of `),
  ]);
});

test('a cycle is reported in every file of the cycle, with its route', async () => {
  // lib/check.ts imports lib/errors.ts.
  expect(await complaints('lib/errors.ts', `import { checkInput } from './check.ts';`)).toEqual([
    expect.stringMatching(
      /^import cycle: lib\/errors\.ts → lib\/check\.ts → .*lib\/errors\.ts; move the common part /,
    ),
  ]);
  expect(
    await complaints('lib/errors.ts', `import type { Checked } from './check.ts';`),
  ).toHaveLength(1);
  expect(await complaints('lib/errors.ts', `import './errors.ts';`)).toHaveLength(1);
});

test('a new folder fails until `order` contains it', async () => {
  expect(await complaints('utils/planted.ts', '')).toEqual([
    'utils/planted.ts: expected it below an entry of `order` in eslint.config.mjs, got none',
  ]);
});
