import { join, relative } from 'node:path';
import ts from 'typescript';
import { createProgram, exportsOf, ownDeclarations } from '../../scripts/program.ts';
import { ROOT } from './runCommand.ts';

/** The folder of the declaration files, which are compiled in memory and never written to disk. */
const TYPES = join(ROOT, 'build', 'types');

/** The compiled declaration files of some entries of the package. */
export interface Api {
  readonly program: ts.Program;
  /** Reads the declaration files that are compiled in memory. */
  readonly host: ts.CompilerHost;
  /** The declaration file of each entry, by the name of the subpath. */
  readonly entries: Readonly<Record<string, string>>;
}

/** The program of some sources, from which `declarationsOf` can compile declaration files. */
export function sourcesOf(
  entries: Readonly<Record<string, string>>,
  root = ROOT,
  settings: ts.CompilerOptions = {},
): ts.Program {
  const emit = { noEmit: false, declaration: true, emitDeclarationOnly: true, noCheck: true };
  const options = { ...settings, ...emit, outDir: TYPES, rootDir: root };
  return createProgram(Object.values(entries), options);
}

/** Compiles the declaration files of some entries, as `npm run build` writes them. */
export function declarationsOf(
  sources: ts.Program,
  entries: Readonly<Record<string, string>>,
): Api {
  const files = new Map<string, string>();
  const { rootDir: root = ROOT, types = [] } = sources.getCompilerOptions();
  sources.emit(undefined, (file, text) => files.set(file, text));
  const host = ts.createCompilerHost({});
  host.fileExists = (file) => files.has(file) || ts.sys.fileExists(file);
  host.readFile = (file) => files.get(file) ?? ts.sys.readFile(file);
  // The folder of the declarations does not exist on disk, but the compiler must look into it.
  host.directoryExists = () => true;
  const compiled = Object.entries(entries).map(([subpath, source]) => {
    return [subpath, join(TYPES, relative(root, source).replace(/\.ts$/, '.d.ts'))] as const;
  });
  const program = createProgram(
    compiled.map(([, file]) => file),
    { types },
    host,
  );
  return { program, host, entries: Object.fromEntries(compiled) };
}

/**
 * The errors that a user's compiler reports in the declaration files if it checks them, as
 * `--strict` without `--skipLibCheck` does. `settings` are the user's other compiler options.
 */
export function declarationErrors(api: Api, settings: ts.CompilerOptions): string[] {
  const { types = [] } = api.program.getCompilerOptions();
  const options = { strict: true, skipLibCheck: false, types, ...settings };
  const program = createProgram(Object.values(api.entries), options, api.host);
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(TYPES));
  return own.flatMap((file) => {
    return program.getSemanticDiagnostics(file).map(({ messageText }) => {
      const [message] = ts.flattenDiagnosticMessageText(messageText, '\n').split('\n');
      return `${relative(TYPES, file.fileName)}: ${message}`;
    });
  });
}

/** The public names of each entry. The keys are subpaths. */
export function publicNames({ program, entries }: Api): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(entries).map(([subpath, file]) => {
      return [subpath, [...exportsOf(program, file).keys()].sort()];
    }),
  );
}

/**
 * The types of this package that a public declaration mentions but no entry exports, for example:
 *
 *     Pair of lib/geometry.d.ts, mentioned by Conv2D
 *
 * Cache types need no export, because users need not name them.
 */
export function unexportedTypes({ program, entries }: Api): string[] {
  const checker = program.getTypeChecker();
  const exported = new Map<ts.Symbol, string>();
  for (const file of Object.values(entries)) {
    for (const [name, symbol] of exportsOf(program, file)) exported.set(symbol, name);
  }
  const missing = new Map<ts.Symbol, string>();
  for (const [symbol, name] of exported) {
    for (const declaration of ownDeclarations(program, symbol)) {
      for (const mentioned of mentionedIn(checker, declaration)) {
        const [place] = ownDeclarations(program, mentioned);
        const inferred = mentioned.flags & ts.SymbolFlags.TypeParameter || isCache(mentioned);
        if (!place || inferred || exported.has(mentioned) || missing.has(mentioned)) continue;
        const file = relative(TYPES, place.getSourceFile().fileName);
        missing.set(mentioned, `${mentioned.name} of ${file}, mentioned by ${name}`);
      }
    }
  }
  return [...missing.values()].sort();
}

/** The names of the cache types that an entry exports. */
export function exportedCaches({ program, entries }: Api): string[] {
  return Object.values(entries).flatMap((file) => {
    return [...exportsOf(program, file)].flatMap(([name, symbol]) => (isCache(symbol) ? name : []));
  });
}

function isCache({ name }: ts.Symbol): boolean {
  return /.Cache$/.test(name);
}

/** The symbols that the types in a declaration name. */
function mentionedIn(checker: ts.TypeChecker, declaration: ts.Declaration): Set<ts.Symbol> {
  const found = new Set<ts.Symbol>();
  const add = (name: ts.Node) => {
    const symbol = checker.getSymbolAtLocation(name);
    if (!symbol) return;
    const alias = symbol.flags & ts.SymbolFlags.Alias;
    found.add(alias ? checker.getAliasedSymbol(symbol) : symbol);
  };
  const visit = (node: ts.Node) => {
    if (ts.isTypeReferenceNode(node)) add(node.typeName);
    else if (ts.isExpressionWithTypeArguments(node)) add(node.expression);
    else if (ts.isImportTypeNode(node) && node.qualifier) add(node.qualifier);
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return found;
}

/**
 * The names that a page or a worker can use without an import, such as `Image`, `Range` or `Map`.
 */
export function globalNames(): Set<string> {
  const names = new Set<string>();
  const folder = join(ROOT, 'node_modules/typescript/lib');
  const libraries = ts.sys.readDirectory(folder, ['.d.ts']).filter((file) => {
    return /lib\.(dom|webworker|es\d+)[^/]*$/.test(file);
  });
  for (const file of libraries) {
    const text = ts.sys.readFile(file) ?? '';
    const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
    for (const statement of statements) {
      if (ts.isVariableStatement(statement)) {
        for (const { name } of statement.declarationList.declarations) {
          if (ts.isIdentifier(name)) names.add(name.text);
        }
      } else if (
        ts.isInterfaceDeclaration(statement) ||
        ts.isClassDeclaration(statement) ||
        ts.isFunctionDeclaration(statement) ||
        ts.isTypeAliasDeclaration(statement)
      ) {
        if (statement.name) names.add(statement.name.text);
      }
    }
  }
  return names;
}
