import { join } from 'node:path';
import ts from 'typescript';
import { readDocstrings } from '../../../explore/plugins/readDocstrings.ts';
import { createProgram, exportsOf } from '../../support/program.ts';
import { ROOT } from '../../support/runCommand.ts';

const docs = readDocstrings(ROOT);

/** The options of each exported box and cost, as the compiler knows them. */
function optionsByCompiler(): Record<string, string[]> {
  const files = ['modules/index.ts', 'losses/index.ts'].map((file) => join(ROOT, file));
  const program = createProgram(files);
  const checker = program.getTypeChecker();
  const found: Record<string, string[]> = {};
  for (const [name, symbol] of files.flatMap((file) => [...exportsOf(program, file)])) {
    const [declaration] = symbol.declarations ?? [];
    if (declaration === undefined || !(symbol.flags & ts.SymbolFlags.Class)) continue;
    const [signature] = checker
      .getTypeOfSymbolAtLocation(symbol, declaration)
      .getConstructSignatures();
    const options = signature.parameters.find((parameter) => parameter.name === 'options');
    if (options === undefined) continue;
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(options));
    found[name] = type.getProperties().map((property) => property.name);
  }
  return found;
}

test('a box has all its options, those that it inherits too', () => {
  const expected = optionsByCompiler();
  expect(Object.keys(expected).length).toBeGreaterThan(30);
  const read = Object.keys(expected).map((name) => [
    name,
    (docs[name]?.options ?? []).map((option) => option.name).sort(),
  ]);
  expect(read).toEqual(Object.entries(expected).map(([name, options]) => [name, options.sort()]));
});

test('an inherited option keeps its type and its docstring', () => {
  expect(docs.ContrastNorm2D?.options.map(({ name, type }) => [name, type])).toEqual([
    ['kernelSize', 'Pair'],
    ['sigma', 'number'],
    ['threshold', 'number'],
  ]);
  const [, sigma] = docs.ContrastNorm2D?.options ?? [];
  expect(sigma.doc).toBe('The standard deviation in pixels; a quarter of the window by default.');
});
