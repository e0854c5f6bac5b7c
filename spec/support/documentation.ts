/**
 * Lists the exports for which an editor shows no documentation, and the comments that are too long.
 *
 *   node --conditions=boxprop-source --import tsx spec/support/documentation.ts          the public API
 *   node --conditions=boxprop-source --import tsx spec/support/documentation.ts modules/ every export of a folder or file
 */
import { readdirSync, statSync } from 'node:fs';
import { extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import {
  createProgram,
  entryPoints,
  exportsOf,
  lineOf,
  ownDeclarations,
} from '../../scripts/program.ts';
import { ROOT } from './runCommand.ts';

/** The longest line of a comment, in characters. */
const WIDTH = 100;

/** A comment that a program reads. */
const DIRECTIVE = /^\/\/ (prettier-ignore|eslint-disable|@ts-)/;

/**
 * The exports of some files that have no docstring directly above their declaration, such as
 * `modules/linear.ts:39 Linear`. Options of an exported interface `...Options` count too, and so do
 * public members of an exported class if neither the class nor its base class describes them.
 */
export function undocumented(program: ts.Program, files: readonly string[]): string[] {
  const checker = program.getTypeChecker();
  const missing = new Set<string>();
  const report = (node: ts.Node, name: string) => missing.add(`${lineOf(node)} ${name}`);
  const seen = new Set<ts.Symbol>();
  for (const file of files) {
    for (const [name, symbol] of exportsOf(program, file)) {
      if (seen.has(symbol)) continue;
      seen.add(symbol);
      for (const declaration of describing(ownDeclarations(program, symbol))) {
        if (!hasDocstring(declaration)) report(declaration, name);
      }
      for (const member of membersToDescribe(checker, symbol, name)) {
        const [declared] = ownDeclarations(program, member);
        if (declared && !member.getDocumentationComment(checker).length) {
          report(declared, `${name}.${member.name}`);
        }
      }
    }
  }
  return [...missing].sort(byPlace);
}

/**
 * The declarations that may carry a symbol's docstring: the class, not a namespace of the same
 * name, and only the first overload of a function.
 */
function describing(declarations: readonly ts.Declaration[]): readonly ts.Declaration[] {
  const own = declarations.filter((declaration) => !ts.isModuleDeclaration(declaration));
  const [first] = own.filter(ts.isFunctionDeclaration);
  return own.filter(
    (declaration) => !ts.isFunctionDeclaration(declaration) || declaration === first,
  );
}

function hasDocstring(declaration: ts.Declaration): boolean {
  return ts
    .getJSDocCommentsAndTags(declaration)
    .some((doc) => ts.isJSDoc(doc) && ts.getTextOfJSDocComment(doc.comment)?.trim());
}

function membersToDescribe(checker: ts.TypeChecker, symbol: ts.Symbol, name: string): ts.Symbol[] {
  if (symbol.flags & ts.SymbolFlags.Class) {
    const statics = [...(symbol.exports?.values() ?? [])].filter(
      ({ name }) => name !== 'prototype',
    );
    return [...(symbol.members?.values() ?? []), ...statics].filter(isPublicMember);
  }
  if (symbol.flags & ts.SymbolFlags.Type && /Options$/.test(name)) {
    return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
  }
  return [];
}

/**
 * Returns whether a member is a public method or accessor. Fields are left out, because a
 * constructor's options describe them.
 */
function isPublicMember(member: ts.Symbol): boolean {
  const callable = ts.SymbolFlags.Method | ts.SymbolFlags.Accessor;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const [declaration] = member.declarations ?? [];
  return (
    !!(member.flags & callable) &&
    !!declaration &&
    !(ts.getCombinedModifierFlags(declaration) & hidden) &&
    !ts.isPrivateIdentifier(ts.getNameOfDeclaration(declaration) ?? declaration)
  );
}

/**
 * The comment lines that are wider than 100 characters, such as `lib/check.ts:12: 117 characters`.
 */
export function longComments(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = ts.sys.readFile(file) ?? '';
    const isWide = (line: string) => line.length > WIDTH && [...line].length > WIDTH;
    const lines = text.split('\n');
    // Most files have no long line at all, and parsing them takes long.
    if (!lines.some(isWide)) return [];
    const comments = commentsOf(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
    let end = -1;
    return lines.flatMap((line, index) => {
      const start = end + 1;
      end = start + line.length;
      if (!isWide(line) || !comments.some(([from, to]) => from < end && to > start)) return [];
      return [`${relative(ROOT, file)}:${index + 1}: ${[...line].length} characters`];
    });
  });
}

function commentsOf(source: ts.SourceFile): readonly (readonly [start: number, end: number])[] {
  const { text } = source;
  const found = new Map<number, number>();
  const visit = (node: ts.Node) => {
    const children = node.getChildren(source);
    if (!children.length && node.kind !== ts.SyntaxKind.JsxText) {
      const before = ts.getLeadingCommentRanges(text, node.pos) ?? [];
      const after = ts.getTrailingCommentRanges(text, node.end) ?? [];
      for (const { pos, end } of [...before, ...after]) {
        if (!DIRECTIVE.test(text.slice(pos, end))) found.set(pos, end);
      }
    }
    children.forEach(visit);
  };
  visit(source);
  return [...found];
}

/** The TypeScript files in some folders or files, each as an absolute path. */
export function sourceFiles(...paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [resolve(path)];
    const inside = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
    return inside.filter((name) => extname(name) === '.ts').map((name) => resolve(path, name));
  });
}

function byPlace(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

if (pathToFileURL(process.argv[1] ?? '').href === import.meta.url) {
  const paths = process.argv.slice(2);
  const files = paths.length ? sourceFiles(...paths) : Object.values(entryPoints());
  const missing = undocumented(createProgram(files), files);
  const long = longComments(files);
  for (const line of [...missing, ...long]) console.log(line);
  console.log(`${missing.length} without documentation, ${long.length} long lines of comments`);
  process.exitCode = missing.length + long.length ? 1 : 0;
}
