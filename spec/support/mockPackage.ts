import { jest } from '@jest/globals';

/**
 * Replaces a package, installed or not, in the imports that follow; a `load` that throws makes it
 * fail so.
 */
export function mockPackage(name: string, load: () => unknown): void {
  try {
    jest.unstable_mockModule(name, load);
  } catch {
    // It is not installed. Jest 29 looks for such an ES module among the mocks of CommonJS.
    jest.doMock(name, load, { virtual: true });
    jest.unstable_mockModule(name, load, { virtual: true });
  }
}

/** As if a package were not installed. */
export function mockMissing(name: string): void {
  mockPackage(name, () => {
    throw new Error(`Cannot find package '${name}' imported from somewhere`);
  });
}
