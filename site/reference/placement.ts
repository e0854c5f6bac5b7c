import { GROUPS } from '../../explore/engine/boxes.ts';
import type { Exported } from './exports.ts';

/** A page of the reference. */
export interface ReferencePage {
  /** The import path, such as `boxprop/train`. */
  readonly entry: string;
  /** The path of the page without its ending, such as `reference/train/trainStep`. */
  readonly path: string;
  readonly title: string;
  /** The group of the page in the list of its entry. */
  readonly group: string;
  /** The name that the page is about, and the types that belong to it. */
  readonly exports: readonly Exported[];
}

/**
 * Distributes the exports over pages. Each class, function and constant has a page. A type stands
 * on the page of the name in the same file with which its own name begins, as `Conv2DOptions` on
 * the page of `Conv2D`; the other types of an entry have one page together.
 */
export function placeExports(all: readonly Exported[]): ReferencePage[] {
  const values = all.filter(({ kind }) => kind !== 'type');
  const owners = new Map<Exported, Exported>();
  for (const type of all.filter(({ kind }) => kind === 'type')) {
    const owner = values
      .filter(
        ({ entry, file, name }) =>
          entry === type.entry && file === type.file && belongs(type, name),
      )
      .sort((a, b) => b.name.length - a.name.length)
      .at(0);
    if (owner !== undefined) owners.set(type, owner);
  }
  const pages = values.map((value): ReferencePage => {
    const types = [...owners].filter(([, owner]) => owner === value).map(([type]) => type);
    return {
      entry: value.entry,
      path: pathOf(value.entry, value.name),
      title: value.name,
      group: groupOf(value),
      exports: [value, ...types],
    };
  });
  for (const entry of new Set(all.map((one) => one.entry))) {
    const types = all.filter(
      (one) => one.entry === entry && one.kind === 'type' && !owners.has(one),
    );
    if (types.length === 0) continue;
    const sorted = types.sort((a, b) => a.name.localeCompare(b.name));
    const path = pathOf(entry, 'types');
    pages.push({ entry, path, title: `Types of ${entry}`, group: 'Types', exports: sorted });
  }
  return withUnlikePaths(pages);
}

function belongs({ name }: Exported, owner: string): boolean {
  return name.toLowerCase().startsWith(owner.toLowerCase());
}

function pathOf(entry: string, name: string): string {
  return `reference/${entry.replace('boxprop/', '')}/${name.replaceAll('.', '-')}`;
}

/** The anchor of the heading of a type. */
export function anchorOf(name: string): string {
  return `type-${name.toLowerCase().replaceAll('.', '-')}`;
}

/** The titles of the folders of the main entry that hold no boxes. */
const FOLDERS: Readonly<Record<string, string>> = {
  'modules/container': 'Containers',
  modules: 'Other boxes',
  optim: 'Optimizers and schedules',
  'lib/init': 'Initial weights',
  'lib/backend': 'Backends',
  lib: 'For boxes of your own',
};

function groupOf({ entry, name, kind, file }: Exported): string {
  if (entry !== 'boxprop')
    return kind === 'constant' ? 'Constants' : kind === 'class' ? 'Classes' : 'Functions';
  const group = GROUPS.find(({ boxes }) => Object.hasOwn(boxes, name));
  if (group) return group.title;
  const folder = Object.keys(FOLDERS).find((one) => file.startsWith(`${one}/`));
  return folder === undefined ? 'Other' : FOLDERS[folder];
}

/** Appends the kind to a path that differs from another one only in capital letters. */
function withUnlikePaths(pages: readonly ReferencePage[]): ReferencePage[] {
  const taken = new Set<string>();
  return pages.map((page) => {
    const isTaken = taken.has(page.path.toLowerCase());
    const path = isTaken ? `${page.path}-${page.exports[0].kind}` : page.path;
    taken.add(path.toLowerCase());
    return { ...page, path };
  });
}
