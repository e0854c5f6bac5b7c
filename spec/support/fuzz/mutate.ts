import type { Rng } from '../../../lib/rng.ts';

/**
 * Integers at the borders of their types, where readers often mishandle the sizes and offsets of a
 * file.
 */
const BORDERS = [0, 1, -1, 127, 128, 255, 256, 32767, 65535, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];

/** Texts that look like numbers, structure or names to some parser. */
const WORDS = ['NaN', '-1', '1e308', '1e-400', 'null', '"', '\\', '{', '}', '[', ',', '\n', '\r\n', ';', '\t', '__proto__', '\u0000', '\ufeff', '%', '../', '~']; // prettier-ignore

/**
 * Makes one to four random changes of the bytes of a sample; a slice may come from another sample.
 */
export function mutateBytes(samples: readonly Uint8Array[], sample: Uint8Array, rng: Rng) {
  let bytes = sample;
  for (let change = rng.integer(4); change >= 0; change--) bytes = mutateOnce(bytes, samples, rng);
  return bytes;
}

function mutateOnce(bytes: Uint8Array, samples: readonly Uint8Array[], rng: Rng): Uint8Array {
  const at = rng.integer(bytes.length + 1);
  const length = Math.min(1 + rng.integer(16), bytes.length - at);
  const copy = Uint8Array.from(bytes);
  switch (rng.integer(8)) {
    case 0:
      if (at < copy.length) copy[at] ^= 1 << rng.integer(8);
      return copy;
    case 1:
      if (at < copy.length) copy[at] = rng.integer(256);
      return copy;
    case 2:
      return bytes.slice(0, at);
    case 3:
      return replaced(bytes, at, length, new Uint8Array());
    case 4:
      return replaced(bytes, at, 0, bytes.slice(at, at + length));
    case 5: {
      const other = rng.pick(samples);
      const from = rng.integer(other.length + 1);
      return replaced(bytes, at, length, other.slice(from, from + length));
    }
    case 6:
      return replaced(bytes, at, 0, new TextEncoder().encode(rng.pick(WORDS)));
    default:
      return withBorder(copy, at, rng);
  }
}

function replaced(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...by, ...bytes.subarray(at + length)]);
}

/** Writes an integer of one of the borders over the bytes, in either order of bytes. */
function withBorder(copy: Uint8Array, at: number, rng: Rng): Uint8Array {
  const view = new DataView(copy.buffer);
  if (at + 4 <= copy.length) view.setInt32(at, rng.pick(BORDERS), rng.integer(2) === 0);
  return copy;
}

/** A JSON text with one change, and what was changed. */
export interface JsonMutant {
  readonly text: string;
  /** The path of the value, such as `layers.0.rate`. */
  readonly path: string;
  /** The types of the value before and after, if the change replaced a value. */
  readonly types?: readonly [before: string, after: string];
}

/** A text that cannot stand in a sample; it is replaced by lists nested 100,000 deep. */
const DEEP = 'nested 100,000 deep';
const VALUES: readonly unknown[] = [null, true, false, 0, -1, -0.5, 0.5, 3, 1e15, 1e308, '', 'x', '1', 'x'.repeat(50_000), [], {}, [null], [[]], { x: 1 }, DEEP]; // prettier-ignore

/** Changes one random value of a JSON text: replaces, deletes or doubles it, or adds a key. */
export function mutateJson(text: string, rng: Rng): JsonMutant {
  const root: unknown = JSON.parse(text);
  const [path, parent, key] = rng.pick(places({ root }, []));
  const holder = parent as Record<string, unknown>;
  const before = holder[key];
  let types: JsonMutant['types'];
  const kind = rng.integer(10);
  if (kind === 0 && path.length > 1) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete holder[key];
  } else if (kind === 1 && Array.isArray(before)) {
    before.push(...(before as unknown[]));
  } else if (kind === 2 && typeof before === 'object' && before !== null) {
    (before as Record<string, unknown>)[rng.pick(['__proto__', 'constructor', 'x', ''])] = {};
  } else {
    const isNumber = typeof before === 'number' && rng.integer(2) === 0;
    const after = isNumber
      ? rng.pick([-before, before + 0.5, before * 1e12, 1 / before])
      : rng.pick(VALUES);
    holder[key] = after;
    types = [typeOf(before), typeOf(after)];
  }
  const { root: changed } = (path.length > 1 ? { root } : parent) as { root: unknown };
  const deep = '['.repeat(1e5) + ']'.repeat(1e5);
  const mutated = (JSON.stringify(changed) ?? 'null').replace(JSON.stringify(DEEP), deep);
  return { text: mutated, path: path.slice(1).join('.'), ...(types && { types }) };
}

/**
 * Lists every value below an object or list: its path, the object or list that holds it, and its
 * key there.
 */
function places(parent: object, path: readonly string[]): [string[], object, string][] {
  return Object.entries(parent).flatMap(([key, value]: [string, unknown]) => {
    const own: [string[], object, string] = [[...path, key], parent, key];
    const isNested = typeof value === 'object' && value !== null;
    return [own, ...(isNested ? places(value, own[0]) : [])];
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === DEEP || Array.isArray(value)) return 'list';
  return typeof value;
}
