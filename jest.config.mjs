import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['node', 'node-addons', 'boxprop-source'] },
  testSequencer: '<rootDir>/spec/support/sequencer.mjs',
  globalSetup: '<rootDir>/spec/support/build.mjs',
  roots: ['<rootDir>/spec'],
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  // Jest would leave a core free: of two that is half of the time. More than four would want more memory than some have.
  maxWorkers: Math.min(4, availableParallelism()),
  // Modules that have been loaded stay until a worker ends.
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
