import ts from 'typescript';
import { exportsOf, ownDeclarations } from '../../scripts/program.ts';

/** An exported function or class that takes options. */
export interface TakesOptions {
  /** Its name, with that of its namespace if there is one: `init.gabor`. */
  readonly name: string;
  /** The number of arguments before the options. */
  readonly before: number;
  readonly isClass: boolean;
}

/**
 * The exported functions and classes of some files that have a parameter with options: its type is
 * named `...Options`, or it is named `options`.
 */
export function takingOptions(
  program: ts.Program,
  files: readonly string[],
): Map<string, TakesOptions[]> {
  const checker = program.getTypeChecker();
  const found = new Map<string, TakesOptions[]>();
  for (const file of files) {
    const taking: TakesOptions[] = [];
    for (const [name, symbol] of exportsOf(program, file)) {
      const [declaration] = symbol.declarations ?? [];
      if (declaration === undefined || !(symbol.flags & ts.SymbolFlags.Value)) continue;
      const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
      const isClass = Boolean(symbol.flags & ts.SymbolFlags.Class);
      if (isClass && isAbstract(declaration)) continue;
      const signatures = isClass ? type.getConstructSignatures() : type.getCallSignatures();
      for (const { parameters } of signatures) {
        const before = parameters.findIndex((parameter) => isOptions(program, parameter));
        if (before >= 0) taking.push({ name, before, isClass });
      }
    }
    found.set(file, taking);
  }
  return found;
}

/** The names of the options of each exported class that has some, by the name of the class. */
export function optionNames(
  program: ts.Program,
  files: readonly string[],
): Record<string, string[]> {
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

function isAbstract(declaration: ts.Declaration): boolean {
  return Boolean(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Abstract);
}

/** Returns whether a parameter is an object of ours that is named options. */
function isOptions(program: ts.Program, parameter: ts.Symbol): boolean {
  const checker = program.getTypeChecker();
  const { valueDeclaration: declared } = parameter;
  if (declared === undefined || !ts.isParameter(declared)) return false;
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
  const symbol = type.aliasSymbol ?? type.getSymbol();
  if (
    symbol === undefined ||
    symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.TypeParameter)
  ) {
    return false;
  }
  const isNamed = /Options$/.test(symbol.name) || declared.name.getText() === 'options';
  return isNamed && ownDeclarations(program, symbol).length > 0;
}
