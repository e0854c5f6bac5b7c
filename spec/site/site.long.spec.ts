import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { findChromium, launchChromium } from '../../bench/chromium.ts';
import { readExports } from '../../site/reference/exports.ts';
import { anchorOf, placeExports } from '../../site/reference/placement.ts';
import { BUILT, ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';
import { serveFolder } from '../support/serveFolder.ts';

/** Builds the documentation, and checks every page; in Chromium, one page of each kind. */

const DIST = join(ROOT, 'site/dist');
let seconds: number;

beforeAll(() => {
  // On a busy machine only the processor's time says how long the build takes.
  const build =
    'TIMEFORMAT="%U %S"; time node --conditions=boxprop-source --import tsx site/build.ts';
  const { status, stderr } = runProgram('bash', ['-c', build], { cwd: ROOT, timeout: 900_000 });
  const [user, system] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  seconds = user + system;
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
}, 900_000);

/** The pages, without the live page, as paths below the site. */
const pagesOf = () =>
  readdirSync(DIST, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html') && !name.startsWith('explore'))
    .sort();
const read = (page: string) => readFileSync(join(DIST, page), 'utf8');

test('the build takes less than two minutes', () => {
  expect(seconds).toBeLessThan(120);
});

test('no link is dead, neither to a page nor to a heading', () => {
  const pages = pagesOf();
  const anchors = new Map(
    pages.map((page) => [
      page,
      new Set([...read(page).matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  );
  const dead = new Set<string>();
  for (const page of pages) {
    for (const [, address] of read(page).matchAll(
      /<(?:a|img|iframe|link|script)\b[^>]*\b(?:href|src)="([^"]+)"/g,
    )) {
      if (/^(?:https?:|data:|mailto:)/.test(address)) continue;
      const [path, anchor] = address.replaceAll('&amp;', '&').split('#');
      const file = fileOf(page, path.split('?')[0]);
      const ids = anchors.get(file);
      const found = ids === undefined || anchor === undefined || anchor === '';
      if (!existsSync(join(DIST, file))) dead.add(`${page}: ${address}`);
      else if (!found && !ids.has(decodeURIComponent(anchor))) dead.add(`${page}: ${address}`);
    }
  }
  expect([...dead]).toEqual([]);
  expect(pages.length).toBeGreaterThan(200);
});

/** The file to which an address on a page leads. */
function fileOf(page: string, path: string): string {
  if (path === '') return page;
  const file = path.startsWith('/') ? path.slice(1) : join(dirname(page), decodeURIComponent(path));
  if (file === '' || file.endsWith('/')) return `${file}index.html`;
  return existsSync(resolve(DIST, `${file}.html`)) ? `${file}.html` : file;
}

test('every export has a page, or a heading on one', () => {
  const exported = readExports();
  const pages = placeExports(exported);
  let count = 0;
  for (const { path, exports } of pages) {
    const html = read(`${path}.html`);
    for (const { name, kind } of exports) {
      count++;
      const heading = kind === 'type' ? `<h2 id="${anchorOf(name)}"` : `<h1[^>]*>${name} `;
      expect([name, new RegExp(heading).test(html)]).toEqual([name, true]);
    }
  }
  expect(count).toBe(exported.length);
});

test('an export without a docstring fails the build', () => {
  const folder = mkdtempSync(join(BUILT, 'spec-'));
  const file = join(folder, 'index.ts');
  writeFileSync(file, '/** One. */\nexport const one = 1;\n\nexport const two = 2;\n');
  expect(() => readExports({ './some': file })).toThrow(
    'exports without documentation: boxprop/some: two',
  );
  rmSync(folder, { recursive: true });
});

test('a page weighs less than 200 KB without its live part', () => {
  const sizes = new Map<string, number>();
  const sizeOf = (file: string) => {
    const size = sizes.get(file) ?? gzipSync(readFileSync(join(DIST, file))).length;
    sizes.set(file, size);
    return size;
  };
  for (const page of pagesOf()) {
    const parts = [...read(page).matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(
      ([, path]) => path,
    );
    const files = [page, ...new Set(parts.map((path) => path.slice(1)))];
    const size = files.reduce((sum, file) => sum + sizeOf(file), 0);
    expect([page, size < 200 * 1024, size]).toEqual([page, true, size]);
  }
});

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

(because === '' ? describe : describe.skip)(`in Chromium${because}`, () => {
  let context: BrowserContext;
  let closeChromium: () => Promise<void>;
  let server: Awaited<ReturnType<typeof serveFolder>>;
  const complaints: string[] = [];

  beforeAll(async () => {
    server = await serveFolder(DIST);
    ({ context, close: closeChromium } = await launchChromium());
  }, 60_000);
  afterAll(async () => {
    await closeChromium();
    server.close();
  });

  const PAGES = [
    '',
    'start/install.html',
    'start/names.html',
    'errors.html',
    'psets/batch-norm.html',
    'lecture/pooling.html',
    'reference/index.html',
    'reference/boxprop/BatchNorm.html',
    'reference/boxprop/types.html',
    'reference/train/Trainer.html',
  ];

  async function open(path: string, width: number, colours: 'light' | 'dark'): Promise<Page> {
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' });
    page.on('pageerror', (error) => complaints.push(`${path}: ${String(error)}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!/^(data|blob):/.test(url) && !url.startsWith(server.url)) complaints.push(url);
    });
    await page.goto(server.url + path);
    await page.waitForSelector('.vp-doc h1');
    return page;
  }

  test.each(
    PAGES.flatMap((path) => [[path, 390, 'light'] as const, [path, 1280, 'dark'] as const]),
  )(
    '/%s at %d px, %s: accessible, and not wider than the window',
    async (path, width, colours) => {
      const page = await open(path, width, colours);
      await page.evaluate(axe.source);
      // The live page has a spec of its own.
      const found = await page.evaluate<string[]>(
        `axe.run({ exclude: ['iframe'] }).then(({ violations }) => violations.flatMap(
          ({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target, failureSummary].join(' '))))`,
      );
      expect(found).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        width,
      );
      await page.close();
    },
    60_000,
  );

  test('in print, only the text is left', async () => {
    const page = await open('reference/boxprop/Conv2D.html', 794, 'light');
    await page.emulateMedia({ media: 'print' });
    for (const part of ['.VPNav', '.VPSidebar', '.VPDocFooter', 'iframe.live'])
      expect([part, await page.isVisible(part)]).toEqual([part, false]);
    expect(await page.isVisible('.vp-doc dl.equations')).toBe(true);
    await page.close();
  }, 60_000);

  test('the search finds a box', async () => {
    const page = await open('', 1280, 'light');
    await page.click('.VPNavBarSearch button');
    await page.fill('.VPLocalSearchBox input', 'LocalResponseNorm');
    await page.click('.VPLocalSearchBox .result >> nth=0');
    await page.waitForURL('**/reference/boxprop/LocalResponseNorm.html**');
    await page.close();
  }, 60_000);

  test('the page of a box has the box with numbers', async () => {
    const page = await open('reference/boxprop/LeakyReLU.html', 1280, 'light');
    await page.locator('iframe.live').scrollIntoViewIfNeeded();
    const live = page.frameLocator('iframe.live');
    await live.locator('main h1, main h2').first().waitFor();
    expect(await live.locator('main').innerText()).toContain('LeakyReLU');
    expect(await live.locator('header.page').count()).toBe(0);
    await page.close();
  }, 60_000);

  test('no page asks another host, and none throws', () => {
    expect(complaints).toEqual([]);
  });
});
