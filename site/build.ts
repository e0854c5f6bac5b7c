/**
 * `npm run site [-- --base /path/]`: builds the documentation into site/dist. The result is static
 * files that any server can serve below the path, `/` by default, without other hosts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vitepress';
import { packageRoot } from '../cli/manifest.ts';
import { buildPage } from '../cli/pageFolder.ts';
import { writeReference } from './reference/writeReference.ts';
import { sourceOf, stageDocs } from './stage.ts';

const { values } = parseArgs({ options: { base: { type: 'string', default: '/' } } });
const site = join(packageRoot(), 'site');
const pages = join(site, 'pages');
stageDocs(pages);
const sidebar = writeReference(pages, sourceOf);
writeFileSync(join(pages, 'sidebar.json'), JSON.stringify(sidebar));
mkdirSync(join(pages, 'public'), { recursive: true });
buildPage(join(pages, 'public/explore'));
await build(site, { base: values.base });
