import { transformSync } from '@babel/core';
import typescript from '@babel/preset-typescript';

/**
 * Removes the types of a file of a submission, so that every version of Node can run it. Babel does
 * this, because it is a single package without a binary, so that it fits into the checker's file,
 * and because it also accepts what Node's own removal of types refuses, such as enums. JavaScript
 * is only parsed.
 *
 * Errors: a file with a syntax error becomes a script that throws an error with the position, such
 *         as `SyntaxError: solution.ts, line 3, column 14: Unexpected token`.
 */
export function plainScript(name: string, source: string): string {
  const typed = /\.[mc]?ts$/.test(name);
  const options = {
    filename: name.replace(/\.([mc])ts$/, '.ts'),
    babelrc: false,
    configFile: false,
    retainLines: true,
    compact: false,
    sourceType: 'unambiguous' as const,
  };
  try {
    const presets = typed ? [typescript] : [];
    const code = transformSync(source, { ...options, presets, code: typed })?.code;
    return typed ? (code ?? '') : source;
  } catch (error) {
    return `throw new SyntaxError(${JSON.stringify(`${name}, ${problemOf(error)}`)});\n`;
  }
}

/**
 * Returns Babel's message without the path and the excerpt: `line 3, column 14: Unexpected token`.
 */
function problemOf(error: unknown): string {
  const [first] = (error instanceof Error ? error.message : String(error)).split('\n');
  const found = /^(?:.*?: )?(.*) \((\d+):(\d+)\)$/.exec(first);
  if (found === null) return first;
  const [, problem, line, column] = found;
  return `line ${line}, column ${Number(column) + 1}: ${problem.replace(/\.$/, '')}`;
}
