import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/spec/support/environment.mjs',
  testEnvironmentOptions: { customExportConditions: ['node', 'node-addons', 'boxprop-source'] },
  testSequencer: '<rootDir>/spec/support/sequencer.mjs',
  globalSetup: '<rootDir>/spec/support/build.mjs',
  roots: ['<rootDir>/spec'],
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  // By default Jest leaves one core free, which is half of a machine with two. More than four
  // workers need more memory than some machines have.
  maxWorkers: Math.min(4, availableParallelism()),
  // A worker keeps all modules that it has loaded, so it restarts when it exceeds this limit.
  workerIdleMemoryLimit: '1GB',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      'babel-jest',
      {
        babelrc: false,
        configFile: false,
        presets: [['@babel/preset-typescript', { onlyRemoveTypeImports: true }]],
      },
    ],
  },
  testTimeout: 60_000,
};
