/**
 * Finds a key that occurs twice in the same object of `json`, which must be valid JSON. Returns
 * undefined if there is no such key. (`JSON.parse` silently uses the last value.) Keys are compared
 * after unescaping, so `"a"` and `"\u0061"` are equal. The function does not recurse, so any depth
 * of nesting is safe.
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

/** Returns the index after the closing quote of the string that begins at `start`. */
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
