import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The source files of the public entry points. The keys are subpaths, such as `./train`. */
export function entryPoints(): Record<string, string> {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const { exports } = JSON.parse(text) as { exports: Record<string, Record<string, string>> };
  const entries: Record<string, string> = {};
  for (const [subpath, target] of Object.entries(exports)) {
    const source = target['boxprop-source'];
    if (source) entries[subpath] = join(ROOT, source);
  }
  return entries;
}

/** The compiler's view of some files and of everything that they import. */
export function createProgram(
  files: readonly string[],
  options: ts.CompilerOptions = {},
  host?: ts.CompilerHost,
): ts.Program {
  const whole = { ...ownOptions(), ...options };
  return ts.createProgram(files, whole, parsingOnce(host ?? ts.createCompilerHost(whole)));
}

/** The parsed files of packages and of TypeScript's library, which no spec changes. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Makes all programs of a spec share the parsed files of packages, which take most of the time. */
function parsingOnce(host: ts.CompilerHost): ts.CompilerHost {
  return {
    ...host,
    getSourceFile(file, settings, ...rest) {
      if (!file.includes('/node_modules/')) return host.getSourceFile(file, settings, ...rest);
      const { languageVersion, impliedNodeFormat } =
        typeof settings === 'object' ? settings : { languageVersion: settings };
      const key = `${languageVersion} ${impliedNodeFormat} ${file}`;
      if (!parsed.has(key)) parsed.set(key, host.getSourceFile(file, settings, ...rest));
      return parsed.get(key);
    },
  };
}

function ownOptions(): ts.CompilerOptions {
  const host = {
    ...ts.sys,
    readDirectory: () => [],
    onUnRecoverableConfigFileDiagnostic: () => {},
  };
  return ts.getParsedCommandLineOfConfigFile(join(ROOT, 'tsconfig.json'), {}, host)?.options ?? {};
}

/**
 * The exports of a file. Re-exports are followed to their declarations, and the members of a
 * namespace are listed as `init.zeros`.
 */
export function exportsOf(program: ts.Program, file: string): ReadonlyMap<string, ts.Symbol> {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const found = new Map<string, ts.Symbol>();
  const add = (from: ts.Symbol, prefix: string) => {
    for (const exported of checker.getExportsOfModule(from)) {
      const alias = exported.flags & ts.SymbolFlags.Alias;
      const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
      const name = `${prefix}${exported.name}`;
      if (!symbol.declarations) throw new Error(`${file}: ${name} is exported and does not exist`);
      if (symbol.flags & ts.SymbolFlags.ValueModule) add(symbol, `${name}.`);
      else found.set(name, symbol);
    }
  };
  if (module) add(module, '');
  return found;
}

/**
 * The declarations of a symbol in this package. Declarations in dependencies and in TypeScript's
 * library are left out.
 */
export function ownDeclarations(program: ts.Program, symbol: ts.Symbol): ts.Declaration[] {
  return (symbol.declarations ?? []).filter((declaration) => {
    const source = declaration.getSourceFile();
    return !(
      program.isSourceFileFromExternalLibrary(source) || program.isSourceFileDefaultLibrary(source)
    );
  });
}

/** The file and line of a node, such as `modules/linear.ts:39`. */
export function lineOf(node: ts.Node): string {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return `${relative(ROOT, source.fileName)}:${line + 1}`;
}
