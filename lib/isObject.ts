/**
 * Returns whether a value of unknown type is an object with keys, and so neither null nor a list.
 */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
