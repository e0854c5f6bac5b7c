/** Comments, texts, names, numbers, spaces, and single characters of JavaScript or TypeScript. */
const TOKENS =
  /\/\/[^\n]*|\/\*[^]*?\*\/|'(?:\\[^]|[^'\\\n])*'|"(?:\\[^]|[^"\\\n])*"|`(?:\\[^]|[^`\\])*`|[\p{ID_Start}$_][\p{ID_Continue}$]*|\.?\d[\w.]*|\s+|[^]/gu;

const KEYWORDS = new Set(
  (
    'as async await boolean break case catch class const continue default do else export extends ' +
    'false finally for from function if import in instanceof interface let new null number of ' +
    'private readonly return static string super switch this throw true try type typeof undefined ' +
    'var void while yield'
  ).split(' '),
);

/**
 * Returns the code of a program without its comments, spaces, semicolons and trailing commas, and
 * with its own names replaced in the order in which they occur. Two programs with the same result
 * differ only in these. Names of properties are kept, so `Math.min` differs from `Math.max`.
 *
 *     normalizedCode('const total = 1; // one') === normalizedCode('const sum=1');
 */
export function normalizedCode(program: string): string {
  const names = new Map<string, string>();
  const parts: string[] = [];
  for (const [token] of program.matchAll(TOKENS)) {
    if (/^(\s|\/\/|\/\*|;)/.test(token)) continue;
    if (parts.at(-1) === ',' && /^[)\]}]$/.test(token)) parts.pop();
    if (!/^[\p{ID_Start}$_]/u.test(token)) parts.push(token.replace(/^["'`](.*)["'`]$/s, "'$1'"));
    else if (KEYWORDS.has(token) || parts.at(-1) === '.') parts.push(token);
    else {
      if (!names.has(token)) names.set(token, `_${names.size}`);
      parts.push(names.get(token) ?? token);
    }
  }
  return parts.join(' ');
}

/**
 * Groups equal codes. Returns for each code the number of its group, from 1 on in order of
 * appearance, or undefined if no other code is equal. Empty codes are in no group.
 */
export function sameCode(codes: readonly string[]): (number | undefined)[] {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const groups = new Map<string, number>();
  return codes.map((code) => {
    if (code === '' || counts.get(code) === 1) return undefined;
    if (!groups.has(code)) groups.set(code, groups.size + 1);
    return groups.get(code);
  });
}
