import { boxNames, type Cases } from '../gradcheck/index.ts';
import { InputError, show } from '../lib/errors.ts';
import { importModule } from './moduleFile.ts';

/**
 * Loads a user's boxes and their cases from a TypeScript or JavaScript file. The file exports the
 * classes, and `cases` with one function per class that draws a random case:
 *
 *     export const cases = {
 *       MyBox: (draw) => ({ box: new MyBox(), config: 'MyBox()', input: draw.normal([2, 3]) }),
 *     };
 *
 * Errors: those of `importModule`; a file without a box; cases that are not functions.
 */
export async function loadUserModule(
  file: string,
): Promise<{ exported: Record<string, unknown>; cases: Cases }> {
  const exported = await importModule(file);
  if (boxNames(exported).length === 0) {
    throw new InputError(
      `${file}: expected an exported class that extends Module or Cost, got none`,
    );
  }
  const { cases = {} } = exported;
  if (!isCases(cases)) {
    throw new InputError(
      `${file}: expected cases to be an object of functions, one per box, { MyBox: (draw) => ... }, got ${show(cases)}`,
    );
  }
  return { exported, cases };
}

function isCases(value: unknown): value is Cases {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((make) => typeof make === 'function')
  );
}
