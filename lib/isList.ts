/** Whether a value is a list; unlike `Array.isArray`, it also narrows a type of readonly lists. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
