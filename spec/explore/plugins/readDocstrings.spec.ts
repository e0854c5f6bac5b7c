import { readDocstrings } from '../../../explore/plugins/readDocstrings.ts';
import { ROOT } from '../../support/runCommand.ts';

const docs = readDocstrings(ROOT);

/** `spec/api.spec.ts` compares the options of every box with the compiler's. */
test('an inherited option keeps its type and its docstring', () => {
  expect(docs.ContrastNorm2D?.options.map(({ name, type }) => [name, type])).toEqual([
    ['kernelSize', 'Pair'],
    ['sigma', 'number'],
    ['threshold', 'number'],
  ]);
  const [, sigma] = docs.ContrastNorm2D?.options ?? [];
  expect(sigma.doc).toBe('The standard deviation in pixels; a quarter of the window by default.');
});
