import type { Task } from '../pset.ts';
import type { Region } from './regions.ts';
import type { Exhibit } from './evidence.ts';

/**
 * Finds an argument that is a word, such as a boundary, and for which the function is wrong only
 * for some words. Returns the region of these words.
 */
export function wrongWords(
  { parameters }: Task,
  evidence: readonly Exhibit[],
): Omit<Region, 'share'> | undefined {
  for (const { name } of parameters) {
    const words = new Set(
      evidence.map(({ item }) => item.args[name]).filter((value) => typeof value === 'string'),
    );
    const wrong = [...words].filter((word) =>
      evidence.some((exhibit) => exhibit.item.args[name] === word && exhibit.wrong.some(Boolean)),
    );
    if (wrong.length === 0 || wrong.length === words.size) continue;
    return {
      phrase: `${name} ${wrong.map((word) => JSON.stringify(word)).join(', ')}`,
      holds: ({ item, got }) => got.map(() => wrong.some((word) => word === item.args[name])),
    };
  }
  return undefined;
}
