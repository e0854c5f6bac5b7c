/** A line of an equation block: the name of what is defined, and its equations. */
export interface EquationGroup {
  /** The name before the equations, such as `forward`. It is empty if there is none. */
  readonly label: string;
  readonly equations: readonly string[];
}

/** A paragraph, list, example, or block of equations of a docstring. */
export type Block =
  | { readonly kind: 'text'; readonly text: string; readonly label?: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'equations'; readonly groups: readonly EquationGroup[] };

/** The parts that begin with a label. */
const LABEL = /^(Shapes|Errors|Source): +/;

/**
 * Splits a docstring into its blocks. Lines with two or three leading spaces are equations, and
 * lines with four or more after an empty line are an example.
 */
export function blocksOf(docstring: string): Block[] {
  return paragraphsOf(docstring).map((lines): Block => {
    const [first] = lines;
    const indent = indentOf(first);
    if (indent >= 4) return { kind: 'code', text: lines.map((line) => line.slice(4)).join('\n') };
    if (/^ *(-|\d+\.) /.test(first)) return { kind: 'list', items: itemsOf(lines) };
    if (indent >= 2) return { kind: 'equations', groups: groupsOf(lines) };
    const text = lines.map((line) => line.trim()).join(' ');
    const label = LABEL.exec(text);
    if (label) return { kind: 'text', label: label[1], text: text.slice(label[0].length) };
    return { kind: 'text', text: text.replace(/^@returns the/, 'Returns the') };
  });
}

/** Splits a docstring at its empty lines, and before each labelled part, list and block. */
function paragraphsOf(docstring: string): string[][] {
  const paragraphs: string[][] = [];
  let open: string[] | undefined;
  for (const line of docstring.split('\n')) {
    if (line.trim() === '') {
      // An example may have empty lines.
      open = undefined;
      continue;
    }
    const last = paragraphs.at(-1);
    const example = open === undefined && indentOf(line) >= 4;
    if (example && last !== undefined && indentOf(last[0]) >= 4) {
      last.push('', line);
      open = last;
    } else if (open === undefined || LABEL.test(line) || startsBlock(line, open)) {
      open = [line];
      paragraphs.push(open);
    } else open.push(line);
  }
  return paragraphs;
}

function startsBlock(line: string, open: readonly string[]): boolean {
  const wasList = /^(-|\d+\.) /.test(open[0]);
  if (/^(-|\d+\.) /.test(line)) return !wasList;
  if (/^@returns /.test(line)) return true;
  // Text that follows a list or equations without an empty line.
  return indentOf(line) === 0 && (wasList || indentOf(open[0]) >= 2);
}

function itemsOf(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    const start = /^ *(?:-|\d+\.) +/.exec(line);
    if (start) items.push(line.slice(start[0].length));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return items;
}

/**
 * Reads a block of equations. A line that starts to the right of the first equation continues the
 * line above, and three spaces separate equations.
 */
function groupsOf(lines: readonly string[]): EquationGroup[] {
  const groups: { label: string; equations: string[]; column: number }[] = [];
  for (const line of lines) {
    const indent = indentOf(line);
    const [, name, gap] = /^ +([A-Za-z]\w*)( {2,})(?=\S)/.exec(line) ?? [];
    const group = groups.at(-1);
    if (indent < 4 && name !== undefined) {
      const column = indent + name.length + gap.length;
      groups.push({ label: name, equations: split(line.slice(column)), column });
    } else if (group === undefined) {
      groups.push({ label: '', equations: split(line), column: indent });
    } else if (indent > group.column) {
      const last = group.equations.pop() ?? '';
      const [rest, ...more] = split(line);
      group.equations.push(`${last} ${rest}`, ...more);
    } else if (indent === group.column || group.label === '') {
      group.equations.push(...split(line));
    } else {
      groups.push({ label: '', equations: split(line), column: indent });
    }
  }
  return groups.map(({ label, equations }) => ({ label, equations }));
}

function split(line: string): string[] {
  return line.trim().split(/ {3,}/);
}

/**
 * Returns whether a piece of a block is an equation. Some blocks are tables of words, such as the
 * order in which methods are called.
 */
export function isEquation(text: string): boolean {
  const words = text.match(/[A-Za-z]{3,}/g) ?? [];
  return /[=←<>≤≥∂Σ√]/.test(text) && words.length <= 10;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
