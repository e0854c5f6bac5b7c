import { basename, resolve } from 'node:path';

/**
 * Returns the names of the submissions, which are those of their folders. If two are equal, returns
 * the folders as they were given.
 */
export function namesOf(dirs: readonly string[]): string[] {
  const names = dirs.map((dir) => basename(resolve(dir)));
  return new Set(names).size === names.length ? names : [...dirs];
}

/**
 * Returns file names for the pages of submissions, without characters that some system forbids. Two
 * names never differ only in capital letters.
 */
export function pageNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+/, '').slice(0, 80) || 'submission'; // prettier-ignore
    let free = plain;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${plain}-${n}`;
    taken.add(free.toLowerCase());
    return `${free}.html`;
  });
}
