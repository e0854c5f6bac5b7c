import { fileURLToPath, URL } from 'node:url';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { importRule } from './spec/support/importRule.mjs';

export default tseslint.config(
  // examples/own-box is a project of its own, whose compiler a long spec runs. The submissions of
  // spec/psets/corpus are written like those of students.
  {
    ignores: [
      ...['build', '**/dist', 'site/pages', 'runs', 'coverage', 'node_modules'],
      'examples/own-box',
      'spec/psets/corpus',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)),
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Take an Rng: every run must be repeatable.',
        },
      ],
      eqeqeq: 'error',
      'no-duplicate-imports': 'error',
    },
  },
  {
    plugins: { boxprop: { rules: { imports: importRule } } },
    rules: {
      'boxprop/imports': [
        'error',
        {
          // A folder imports only from itself and from folders that come earlier in this list.
          order: [
            'lib',
            'lib/init',
            'lib/kernels',
            'lib/backend',
            'modules',
            'losses',
            'optim',
            'gradcheck',
            'formats',
            'models',
            'data',
            'train',
            'inspect',
            'search',
            'report',
            'psets',
            'explore',
            'cli',
            'index.ts',
            'node.ts',
            'bench',
            'examples',
            'scripts',
            'site',
            'spec',
            'jest.config.mjs',
            'eslint.config.mjs',
          ],
        },
      ],
    },
  },
  {
    files: ['spec/**/*.ts'],
    ignores: ['spec/support/runProgram.ts', 'spec/support/jest.ts', 'spec/commands/proof.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: 'node:child_process',
          importNames: ['spawnSync', 'execSync', 'execFileSync'],
          message: 'Use runProgram, which has a time limit: Jest cannot interrupt a waiting spec.',
        },
      ],
    },
  },
  {
    // Some of these run in Node, the others in a page.
    files: ['examples/*/**/*.js'],
    languageOptions: {
      globals: {
        AbortController: 'readonly',
        Buffer: 'readonly',
        clearTimeout: 'readonly',
        console: 'readonly',
        document: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        URL: 'readonly',
        Worker: 'readonly',
      },
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
