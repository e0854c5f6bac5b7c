import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { InputError } from '../lib/errors.ts';
import { packageRoot } from '../cli/manifest.ts';

/** The repository on the web, where the links lead that leave docs/. */
const REPOSITORY = 'https://github.com/boxprop/boxprop';

/** The files of docs/ that are no pages, such as the data behind figures. */
const DATA = /\.(?:json|yaml)$/;

/**
 * Copies docs/ and the problem sets into the folder from which the site is built. GitHub shows the
 * same files, so a link that leaves docs/ gets its address in the repository.
 *
 * Errors: a link to a file that does not exist.
 */
export function stageDocs(pages: string): void {
  const root = packageRoot();
  rmSync(pages, { recursive: true, force: true });
  const docs = join(root, 'docs');
  for (const name of readdirSync(docs, { recursive: true, encoding: 'utf8' })) {
    const from = join(docs, name);
    // A folder's README is its first page.
    const to = join(pages, name.replace(/README\.md$/, 'index.md'));
    mkdirSync(dirname(to), { recursive: true });
    if (name.endsWith('.md')) writeFileSync(to, relinked(from, root, docs));
    else if (/\.\w+$/.test(name) && !DATA.test(name)) cpSync(from, to);
  }
  const psets = join(root, 'psets');
  for (const name of readdirSync(psets)) {
    const statement = join(psets, name, 'README.md');
    if (!existsSync(statement)) continue;
    mkdirSync(join(pages, 'psets'), { recursive: true });
    writeFileSync(join(pages, 'psets', `${name}.md`), relinked(statement, root, docs));
  }
}

/** The address of a file in the repository on the web. */
export function sourceOf(file: string, line?: number): string {
  return `${REPOSITORY}/blob/main/${file}${line === undefined ? '' : `#L${line}`}`;
}

/** Reads a page, and adapts its links. Code stays as it is. */
function relinked(file: string, root: string, docs: string): string {
  const text = readFileSync(file, 'utf8')
    .replace(/<!--[\s\S]*?-->\n*/g, '')
    // The site contains the live page, so its links need no command that runs.
    .replace(/With `npx boxprop explore[^`]*` running, the/, 'The')
    .replace(
      /\[([^\]]+)\]\(http:\/\/127\.0\.0\.1:\d+\/(#[^)]*)\)/g,
      (_, text: string, route: string) =>
        `<a href="${relative(dirname(file), docs)}/explore/index.html${route}" target="_self">${text}</a>`,
    )
    // VitePress takes a picture for one of the page only if its path starts with a dot.
    .replace(/src="([\w-]+\.\w+)"/g, 'src="./$1"');
  return text
    .split(/(^```[\s\S]*?^```$|`[^`\n]+`)/m)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part.replace(/\]\(([^)\s#:]+)(#[^)\s]*)?\)/g, (_, path: string, anchor = '') => {
            const target = resolve(dirname(file), path);
            const name = relative(root, target).replaceAll('\\', '/');
            if (!existsSync(target))
              throw new InputError(
                `${relative(root, file)}: expected the file ${name}, found none`,
              );
            const statement = /^psets\/([\w-]+)\/README\.md$/.exec(name);
            if (statement)
              return `](${relative(dirname(file), join(docs, 'psets', `${statement[1]}.md`))}${anchor})`;
            // A link from docs/ into docs/ stays.
            if (!relative(docs, target).startsWith('..') && !DATA.test(name))
              return `](./${path.replace(/README\.md$/, 'index.md').replace(/^\.\//, '')}${anchor})`;
            return `](${sourceOf(name)}${anchor})`;
          }),
    )
    .join('');
}
