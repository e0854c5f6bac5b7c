import { writeValue } from './valueText.ts';

/**
 * Returns a short text that identifies the arguments of a call. It is a hash of 64 bits, so a
 * recording with ten thousand calls confuses two of them with a probability of 3e-12. A generator
 * of random numbers is not part of the text, because a recording is made with one seed.
 */
export function callKey(args: readonly unknown[]): string {
  const text = writeValue(args.map((arg) => (isPlain(arg) ? arg : 'generator')));
  return hash(text, 0x811c9dc5) + hash(text, 0x01234567);
}

/** Returns whether a value is no instance of a class. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A copy by `structuredClone` may have the `Object.prototype` of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Returns the hash FNV-1a of a text with a final mix of the bits, in base 36. */
function hash(text: string, start: number): string {
  let bits = start;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0).toString(36).padStart(7, '0');
}
