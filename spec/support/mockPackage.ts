import { jest } from '@jest/globals';

/**
 * Replaces a package, whether installed or not, in all later imports. If `load` throws, the import
 * throws the same error.
 */
export function mockPackage(name: string, load: () => unknown): void {
  try {
    jest.unstable_mockModule(name, load);
  } catch {
    // The package is not installed. Jest 29 then looks for the mock of an ES module among the mocks
    // of CommonJS modules.
    jest.doMock(name, load, { virtual: true });
    jest.unstable_mockModule(name, load, { virtual: true });
  }
}

/** Makes the imports of a package fail as if it were not installed. */
export function mockMissing(name: string): void {
  mockPackage(name, () => {
    throw new Error(`Cannot find package '${name}' imported from somewhere`);
  });
}
