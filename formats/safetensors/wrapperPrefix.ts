import type { TensorInfo } from '../tensorFile.ts';

/**
 * Prefixes that wrappers put before the names of all tensors: `module.` comes from PyTorch's
 * DataParallel and DistributedDataParallel, `_orig_mod.` from torch.compile, and `model.` and
 * `state_dict.` from programs that save a network inside of another object.
 */
const WRAPPERS = ['module.', '_orig_mod.', 'model.', 'state_dict.'];

/** The largest number of nested wrappers around a network. */
const DEEPEST = 3;

/**
 * Returns the wrappers' prefixes that all names have, shortest first:
 * `['', 'module.', 'module._orig_mod.']`.
 */
export function wrapperPrefixes(names: readonly string[]): string[] {
  const prefixes = [''];
  while (names.length > 0 && prefixes.length <= DEEPEST) {
    const longer = WRAPPERS.map((wrapper) => prefixes[prefixes.length - 1] + wrapper);
    const common = longer.find((start) => names.every((name) => name.startsWith(start)));
    if (common === undefined) break;
    prefixes.push(common);
  }
  return prefixes;
}

/**
 * Removes the prefix of wrappers from the names of a file's tensors, if more of the network's names
 * are then found.
 *
 * @returns the tensors by their names without the prefix, and the prefix, which is `''` if none was
 *   removed.
 */
export function withoutWrapper(
  entries: ReadonlyMap<string, TensorInfo>,
  wanted: readonly string[],
): { readonly entries: ReadonlyMap<string, TensorInfo>; readonly prefix: string } {
  let [prefix, most] = ['', -1];
  for (const start of wrapperPrefixes([...entries.keys()])) {
    const matches = wanted.filter((name) => entries.has(start + name)).length;
    if (matches > most) [prefix, most] = [start, matches];
  }
  if (prefix === '') return { entries, prefix };
  const short = [...entries].map(([name, entry]) => [name.slice(prefix.length), entry] as const);
  return { entries: new Map(short), prefix };
}
