/**
 * Returns whether a value is a list. Unlike `Array.isArray`, it also narrows the types of readonly
 * lists.
 */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
