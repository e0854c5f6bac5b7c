import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { ARROWS, type Arrow, type BoxDoc, type OptionDoc } from './boxDoc.ts';

/** The folders whose exported classes are boxes and costs. */
const FOLDERS = ['modules', 'modules/container', 'modules/historic', 'losses'];

/**
 * Reads the docstrings of all boxes and costs from the sources below `root`. The keys are the names
 * of the classes.
 */
export function readDocstrings(root: string): Record<string, BoxDoc> {
  const docs: Record<string, BoxDoc> = {};
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(root, folder)).sort()) {
      if (!file.endsWith('.ts') || file === 'index.ts') continue;
      const path = `${folder}/${file}`;
      const source = parseFile(join(root, path));
      source.forEachChild((node) => {
        if (!ts.isClassDeclaration(node) || !node.name || !isExported(node)) return;
        const doc = docstringOf(node);
        if (doc !== undefined)
          docs[node.name.text] = { file: path, ...parse(doc), ...parametersOf(node, source) };
      });
    }
  }
  return docs;
}

function parseFile(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** Splits a docstring into its summary, the equations of each arrow, and the labelled parts. */
function parse(doc: string): Omit<BoxDoc, 'file' | 'parameters' | 'options'> {
  const lines = doc.split('\n');
  const equations: Partial<Record<Arrow, string[]>> = {};
  const labelled: Record<string, string> = {};
  const summary: string[] = [];
  const notes: string[] = [];
  let arrow: Arrow | undefined;
  let label: string | undefined;
  let inSummary = true;
  for (const line of lines) {
    const name = ARROWS.find((one) => new RegExp(`^ {2}${one}\\b`).test(line));
    const heading = /^(Shapes|Errors|Source): +(.*)$/.exec(line);
    if (name !== undefined) {
      arrow = name;
      label = undefined;
      inSummary = false;
      equations[name] = equationsIn(line.slice(2 + name.length));
    } else if (heading) {
      arrow = undefined;
      label = heading[1];
      inSummary = false;
      labelled[label] = heading[2];
    } else if (line.trim() === '') {
      arrow = undefined;
      label = undefined;
      if (summary.length > 0) inSummary = false;
      // A line such as `where S = N` below an equation does not end with a full stop, but it ends a
      // paragraph here.
      const last = notes.length - 1;
      if (last >= 0 && !/[.:;]$/.test(notes[last])) notes[last] += '.';
    } else if (arrow !== undefined && /^ {4}/.test(line)) {
      equations[arrow]?.push(...equationsIn(line));
    } else if (label !== undefined && /^ {4}/.test(line)) {
      labelled[label] += ` ${line.trim()}`;
    } else if (inSummary) {
      summary.push(line.trim());
    } else if (!/^ {4}/.test(line)) {
      notes.push(line.trim());
    }
  }
  return {
    summary: summary.join(' '),
    equations,
    notes: notes.join(' '),
    ...(labelled.Shapes !== undefined && { shapes: labelled.Shapes }),
    ...(labelled.Errors !== undefined && { errors: labelled.Errors }),
    ...(labelled.Source !== undefined && { source: labelled.Source }),
  };
}

/** Splits a line into its equations, which are separated by three spaces or more. */
function equationsIn(line: string): string[] {
  return line.trim().split(/ {3,}/);
}

function isExported(node: ts.ClassDeclaration): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/**
 * Returns the text of the docstring above a node, without the asterisks; undefined if there is
 * none.
 */
export function docstringOf(node: ts.Node): string | undefined {
  const ranges = ts.getLeadingCommentRanges(node.getSourceFile().text, node.pos) ?? [];
  const text = ranges
    .map(({ pos, end }) => node.getSourceFile().text.slice(pos, end))
    .filter((comment) => comment.startsWith('/**'))
    .at(-1);
  return text
    ?.slice(3, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

/** Returns the parameters of the constructor. For an options parameter, the members are listed. */
function parametersOf(node: ts.ClassDeclaration, source: ts.SourceFile) {
  const constructor = node.members.find(ts.isConstructorDeclaration);
  const options: OptionDoc[] = [];
  const parameters: OptionDoc[] = [];
  for (const { name, type, initializer } of constructor?.parameters ?? []) {
    const typeName = type?.getText().split('<')[0] ?? 'unknown';
    const members = membersOf(source, typeName);
    if (name.getText() === 'options' && members !== undefined) {
      for (const member of members) {
        options.push({
          name: member.name.getText(),
          type: member.type?.getText() ?? 'unknown',
          doc: (docstringOf(member) ?? '').replace(/\s+/g, ' '),
          required: member.questionToken === undefined,
        });
      }
    } else if (name.getText() !== 'unexpected') {
      const text = type?.getText() ?? (initializer ? 'number' : 'unknown');
      parameters.push({ name: name.getText(), type: text, doc: '', required: !initializer });
    }
  }
  return { parameters, options };
}

/**
 * Lists the members of a type, after those that it inherits. It follows aliases and imports, and
 * returns undefined for a type that is neither an interface nor an alias of one.
 */
function membersOf(source: ts.SourceFile, name: string): ts.PropertySignature[] | undefined {
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) {
      const bases = (statement.heritageClauses ?? []).flatMap(({ types }) => [...types]);
      const inherited = bases.flatMap(
        ({ expression }) => membersOf(source, expression.getText()) ?? [],
      );
      return [...inherited, ...statement.members.filter(ts.isPropertySignature)];
    }
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name) {
      const { type } = statement;
      return ts.isTypeReferenceNode(type) ? membersOf(source, type.typeName.getText()) : undefined;
    }
    if (ts.isImportDeclaration(statement) && imports(statement, name)) {
      const { moduleSpecifier: from } = statement;
      if (!ts.isStringLiteral(from) || !from.text.startsWith('.')) return undefined;
      return membersOf(parseFile(join(dirname(source.fileName), from.text)), name);
    }
  }
  return undefined;
}

function imports({ importClause }: ts.ImportDeclaration, name: string): boolean {
  const bindings = importClause?.namedBindings;
  const names = bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
  return names.some((element) => element.name.text === name);
}
