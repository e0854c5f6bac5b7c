import { relative } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import ts from 'typescript';
import { createProgram, entryPoints, exportsOf, ownDeclarations } from '../../scripts/program.ts';
import { docstringOf } from '../../explore/plugins/readDocstrings.ts';
import { membersOf, type Member } from './members.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A public name of the package. */
export interface Exported {
  /** The import path, such as `boxprop/train`. */
  readonly entry: string;
  /** The name; a member of a namespace has a dot, as `init.zeros`. */
  readonly name: string;
  readonly kind: 'class' | 'function' | 'constant' | 'type';
  /** The path of the source in the repository. */
  readonly file: string;
  readonly line: number;
  readonly doc: string;
  /** The declaration without bodies. */
  readonly signature: string;
  /** The public methods of a class, and the properties of a class or an interface. */
  readonly members: readonly Member[];
}

/**
 * Reads every export of the entry points from the sources. The keys of `entries` are subpaths, such
 * as `./train`, and the values are files.
 *
 * Errors: an export without a docstring.
 */
export function readExports(entries: Readonly<Record<string, string>> = entryPoints()): Exported[] {
  const program = createProgram(Object.values(entries));
  const all: Exported[] = [];
  const missing: string[] = [];
  for (const [subpath, file] of Object.entries(entries)) {
    const entry = `boxprop${subpath.slice(1)}`;
    for (const [name, symbol] of exportsOf(program, file)) {
      const [declaration] = ownDeclarations(program, symbol).filter(
        (node) => !ts.isModuleDeclaration(node),
      );
      const doc = docstringOf(documentedNode(declaration));
      if (doc === undefined || doc === '') missing.push(`${entry}: ${name}`);
      else all.push(describe(program.getTypeChecker(), entry, name, symbol, declaration, doc));
    }
  }
  if (missing.length > 0) throw new Error(`exports without documentation: ${missing.join(', ')}`);
  return all;
}

/** The node above which the docstring stands: the statement, for a constant. */
function documentedNode(declaration: ts.Declaration): ts.Node {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

function describe(
  checker: ts.TypeChecker,
  entry: string,
  name: string,
  symbol: ts.Symbol,
  declaration: ts.Declaration,
  doc: string,
): Exported {
  const source = declaration.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(declaration.getStart());
  const members = membersOf(declaration);
  const place = {
    entry,
    name,
    file: relative(ROOT, source.fileName).replaceAll('\\', '/'),
    line: line + 1,
    doc,
    members,
  };
  if (ts.isClassDeclaration(declaration))
    return { ...place, kind: 'class', signature: classSignature(declaration) };
  if (ts.isFunctionDeclaration(declaration)) {
    const overloads = (symbol.declarations ?? []).filter(ts.isFunctionDeclaration);
    // The implementation of an overloaded function is not part of its type.
    const shown = overloads.length > 1 ? overloads.filter(({ body }) => !body) : overloads;
    return { ...place, kind: 'function', signature: shown.map(withoutBody).join('\n') };
  }
  if (ts.isVariableDeclaration(declaration)) {
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.MultilineObjectLiterals;
    const type = checker.typeToString(checker.getTypeAtLocation(declaration), undefined, flags);
    const short = type.length > 400 ? (declaration.type?.getText() ?? 'object') : type;
    return { ...place, kind: 'constant', signature: `const ${name}: ${short}` };
  }
  return { ...place, kind: 'type', signature: typeSignature(declaration) };
}

function withoutBody(declaration: ts.FunctionDeclaration): string {
  const text = declaration.getSourceFile().text;
  const end = declaration.body?.pos ?? declaration.end;
  return bare(text.slice(declaration.getStart(), end));
}

/** The head of a class, and how it is constructed. */
function classSignature(declaration: ts.ClassDeclaration): string {
  const text = declaration.getSourceFile().text;
  const name = declaration.name?.text ?? '';
  const head = bare(text.slice(declaration.getStart(), declaration.members.pos - 1));
  const constructor = declaration.members.find(ts.isConstructorDeclaration);
  const parameters = constructor?.parameters.map((one) => one.getText()) ?? [];
  // A parameter that takes what a caller must not pass is not shown.
  const shown = parameters.filter((one) => !/^(_|\.\.\.)?unexpected\b/.test(one));
  const short = `new ${name}(${shown.join(', ')})`;
  const long = `new ${name}(\n${shown.map((one) => `  ${one},\n`).join('')})`;
  const isAbstract = /^abstract /.test(head);
  return isAbstract ? head : `${head}\n\n${short.length > 76 ? long : short}`;
}

function typeSignature(declaration: ts.Declaration): string {
  const text = bare(declaration.getText());
  if (!ts.isInterfaceDeclaration(declaration)) return text;
  // The members of an interface are listed with their docstrings.
  return bare(
    declaration.getSourceFile().text.slice(declaration.getStart(), declaration.members.pos - 1),
  );
}

function bare(text: string): string {
  return text.replace(/^export (default )?/, '').trim();
}
