import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['node', 'node-addons', 'boxprop-source'] },
  testSequencer: '<rootDir>/spec/support/sequencer.mjs',
  globalSetup: '<rootDir>/spec/support/build.mjs',
  roots: ['<rootDir>/spec'],
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  // Jest would leave one core free, which of two is half. More than four workers want more memory
  // than some machines have.
  maxWorkers: Math.min(4, availableParallelism()),
  // A worker keeps the modules that it has loaded until it ends.
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
