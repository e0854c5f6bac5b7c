import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './runCommand.ts';

/** A fenced block of a page of the documentation. */
export interface DocsBlock {
  readonly language: string;
  readonly text: string;
  /** The comment directly above the block, which says how it is checked; empty if there is none. */
  readonly comment: string;
  /** Where the block is, such as `docs/start/install.md:7`. */
  readonly place: string;
}

/** The pages of the documentation, as paths in the repository. */
export function docsPages(): string[] {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const pages = inDocs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return ['README.md', ...pages.map((name) => name.replaceAll('\\', '/')).sort()];
}

/** Reads the fenced blocks of a page, from top to bottom. */
export function blocksOf(page: string): DocsBlock[] {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  const blocks: DocsBlock[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, fence, language] = /^(`{3,})(\w*)/.exec(lines[i]) ?? [];
    if (fence === undefined) continue;
    const end = lines.indexOf(fence, i + 1);
    if (end < 0) throw new Error(`${page}:${i + 1}: expected the end of the block, got none`);
    const text = lines.slice(i + 1, end).map((line) => `${line}\n`);
    let above = i - 1;
    while (lines[above] === '') above--;
    const comment = /^<!-- (.*) -->$/.exec(lines[above] ?? '')?.[1] ?? '';
    blocks.push({ language, text: text.join(''), comment, place: `${page}:${i + 1}` });
    i = end;
  }
  return blocks;
}

/** The name of the file that a block holds, or undefined if the block is to be run. */
export function fileNameOf({ text, comment }: DocsBlock): string | undefined {
  return /^file: (\S+)$/.exec(comment)?.[1] ?? /^\/\/ ([\w/-]+\.\w+)\n/.exec(text)?.[1];
}

/** The reason for which a block does not run, or undefined. */
export function reasonOf({ comment }: DocsBlock): string | undefined {
  return /^not run: (.+)$/.exec(comment)?.[1];
}

/** The file of the repository that a block shows, or undefined. */
export function shownFileOf({ comment }: DocsBlock): string | undefined {
  return /^(examples\/\S+)$/.exec(comment)?.[1];
}
