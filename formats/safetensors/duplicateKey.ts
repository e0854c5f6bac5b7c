/**
 * Finds a key that occurs twice in one object of `json`, which must be valid JSON; undefined if
 * there is none. `JSON.parse` silently keeps the last of the two. Keys are compared after
 * unescaping, so `"a"` and `"\u0061"` are equal. It does not recurse, so any depth is safe.
 */
export function findDuplicateKey(json: string): string | undefined {
  const keysOfOpen: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{' || character === '[') keysOfOpen.push(new Set());
    else if (character === '}' || character === ']') keysOfOpen.pop();
    else if (character === '"') {
      const end = stringEnd(json, i);
      if (isKey(json, end)) {
        const key = String(JSON.parse(json.slice(i, end)));
        const keys = keysOfOpen[keysOfOpen.length - 1];
        if (keys.has(key)) return key;
        keys.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** Returns the index after the closing quote of the string that opens at `start`. */
function stringEnd(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i + 1;
}

/** Returns whether the next token is a colon. */
function isKey(json: string, end: number): boolean {
  let i = end;
  while (json[i] === ' ' || json[i] === '\n' || json[i] === '\r' || json[i] === '\t') i++;
  return json[i] === ':';
}
