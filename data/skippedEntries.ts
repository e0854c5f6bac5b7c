import { show } from '../lib/errors.ts';

/** The names of entries that macOS, Windows and network disks create. */
const SYSTEM = [
  '.ds_store',
  '.localized',
  '__macosx',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
  'lost+found',
  '@eadir',
];

/** The entries of a folder that are not read, grouped by the reason. */
export class SkippedEntries {
  readonly #paths = new Map<string, string[]>();

  /** Returns whether an entry was created by an operating system for its own use. */
  static ofSystem(name: string): boolean {
    return SYSTEM.includes(name.toLowerCase());
  }

  /** The number of skipped entries. */
  get count(): number {
    return [...this.#paths.values()].flat().length;
  }

  /** Adds entries with the reason why they are skipped. */
  add(reason: string, ...paths: readonly string[]): void {
    const known = this.#paths.get(reason);
    if (known === undefined) this.#paths.set(reason, [...paths]);
    else known.push(...paths);
  }

  /** Adds the entries of another folder. */
  addAll(others: SkippedEntries): void {
    for (const [reason, paths] of others.#paths) this.add(reason, ...paths);
  }

  /**
   * Describes all entries by reason: `3 entries: not an image: "a.txt", "b.txt"; hidden: ".git"`.
   */
  text(): string {
    const groups = [...this.#paths].map(([reason, paths]) => {
      const more = paths.length > SHOWN ? `, ... (${paths.length})` : '';
      return `${reason}: ${paths.slice(0, SHOWN).map(show).join(', ')}${more}`;
    });
    const { count } = this;
    return `${count} ${count === 1 ? 'entry' : 'entries'}: ${groups.join('; ')}`;
  }
}

/** The largest number of paths that are shown for each reason. */
const SHOWN = 3;
