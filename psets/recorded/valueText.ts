/**
 * Writes a value as JSON. JSON has no NaN, Infinity or -0, so these numbers become the strings
 * `~NaN`, `~Infinity`, `~-Infinity` and `~-0`. A string that begins with `~` gets another `~`.
 */
export function writeValue(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number' && (!Number.isFinite(part) || Object.is(part, -0)))
      return `~${Object.is(part, -0) ? '-0' : part}`;
    return typeof part === 'string' && part.startsWith('~') ? `~${part}` : part;
  });
}

/** Reads a value that `writeValue` has written. */
export function readValue(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'string' || !part.startsWith('~')) return part;
    return part.startsWith('~~') ? part.slice(1) : Number(part.slice(1));
  });
}
