import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { GROUPS } from '../../explore/engine/boxes.ts';
import { readExports } from './exports.ts';
import { anchorOf, placeExports, type ReferencePage } from './placement.ts';
import { renderPage, type SourceLink } from './page.ts';
import { plain } from './prose.ts';

/** A heading of the side bar with its pages. */
export interface SidebarGroup {
  readonly text: string;
  readonly collapsed?: boolean;
  readonly link?: string;
  readonly items?: SidebarGroup[];
}

/** The contents of each entry, in one sentence. */
const ENTRIES: Readonly<Record<string, string>> = {
  boxprop:
    'Boxes, costs, optimizers and schedules, initial weights, backends, and the base classes.',
  'boxprop/train': 'The training step, the trainer, and evaluation.',
  'boxprop/data': 'Data sets in memory: batches, splits, folds, augmentation, preprocessing.',
  'boxprop/models': 'The networks of the lecture, from LeNet to ResNet-152.',
  'boxprop/inspect': 'Summaries, checks, saliency, adversarial images, the patches of units.',
  'boxprop/search': 'Grid, random, and Gaussian-process search.',
  'boxprop/formats': "safetensors, PyTorch's files, ONNX.",
  'boxprop/gradcheck': 'The gradient checker.',
  'boxprop/psets': "Problem sets of one's own.",
  'boxprop/node': 'Everything that needs files: data sets, images, weights, checkpoints.',
};

/**
 * Writes the pages of the reference below a folder, and returns the side bars by address.
 *
 * Errors: an export without a docstring; an equation that cannot be typeset.
 */
export function writeReference(
  folder: string,
  sourceOf: SourceLink,
): Readonly<Record<string, readonly SidebarGroup[]>> {
  const pages = placeExports(readExports());
  for (const page of pages) {
    const file = join(folder, `${page.path}.md`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, renderPage(page, linkFrom(page, pages), sourceOf));
  }
  writeFileSync(join(folder, 'reference/index.md'), overview(pages));
  const entries = Object.keys(ENTRIES).map((entry): [string, SidebarGroup[]] => [
    `/reference/${entry.replace('boxprop/', '')}/`,
    sidebarOf(entry, pages),
  ]);
  const all = Object.keys(ENTRIES).map((entry) => ({
    text: entry,
    link: `/reference/#${entryAnchor(entry)}`,
  }));
  return { ...Object.fromEntries(entries), '/reference/': [{ text: 'Entries', items: all }] };
}

/** Makes the function that finds the page of a name, as seen from another page. */
function linkFrom(from: ReferencePage, pages: readonly ReferencePage[]) {
  const found = new Map<string, string>();
  // A name that two entries export leads to the page of the same entry.
  const ordered = [...pages].sort(
    (a, b) => Number(b.entry === from.entry) - Number(a.entry === from.entry),
  );
  for (const page of ordered) {
    for (const { name, kind } of page.exports) {
      if (found.has(name)) continue;
      const anchor = kind === 'type' ? `#${anchorOf(name)}` : '';
      const path =
        page === from
          ? ''
          : `./${relative(dirname(from.path), page.path)}.html`.replaceAll('\\', '/');
      found.set(name, path === '' && anchor === '' ? '' : `${path}${anchor}`);
    }
  }
  return (name: string) => found.get(name) || undefined;
}

/** The side bar of an entry: its own pages by group, and the way to the other entries. */
function sidebarOf(entry: string, pages: readonly ReferencePage[]): SidebarGroup[] {
  const own = pages.filter((page) => page.entry === entry);
  const groups = groupsOf(own).map((group) => {
    const items = own
      .filter((page) => page.group === group)
      .map(({ title, path }) => ({ text: title, link: `/${path}` }));
    // A group with a link is no button around another button, which opens it.
    return { text: group, collapsed: true, link: items[0].link, items };
  });
  const others = Object.keys(ENTRIES).filter((one) => one !== entry);
  return [
    { text: 'Every name', link: '/reference/' },
    { text: entry, items: groups },
    {
      text: 'Other entries',
      items: others.map((one) => ({ text: one, link: `/reference/#${entryAnchor(one)}` })),
    },
  ];
}

/** The anchor that VitePress gives to the heading of an entry. */
function entryAnchor(entry: string): string {
  return entry.replace('/', '-');
}

const FIRST = GROUPS.map(({ title }) => title);

/** The groups of some pages: first those of boxes, in the order of the explorer. */
function groupsOf(pages: readonly ReferencePage[]): string[] {
  const rank = (group: string) => {
    const place = FIRST.indexOf(group);
    return group === 'Types' ? Infinity : place < 0 ? FIRST.length : place;
  };
  return [...new Set(pages.map(({ group }) => group))].sort((a, b) => rank(a) - rank(b));
}

/** The page that lists all names, by entry and group. */
function overview(pages: readonly ReferencePage[]): string {
  const parts = [
    '# Every name',
    'All exports of all entries, from their docstrings. The search finds them too.',
  ];
  for (const [entry, contents] of Object.entries(ENTRIES)) {
    parts.push(`## ${entry}`, contents);
    const own = pages.filter((page) => page.entry === entry);
    for (const group of groupsOf(own)) {
      const links = own
        .filter((page) => page.group === group)
        .flatMap(({ path, exports }) =>
          exports.map(({ name, kind }) => {
            const anchor = kind === 'type' ? `#${anchorOf(name)}` : '';
            return `<a href="./${path.replace('reference/', '')}.html${anchor}"><code>${plain(name)}</code></a>`;
          }),
        );
      parts.push(`**${group}**`, `<p class="names">${links.join(' ')}</p>`);
    }
  }
  return `---\npageClass: reference\neditLink: false\n---\n\n${parts.join('\n\n')}\n`;
}
