import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { findChromium } from '../../bench/chromium.ts';
import { backpropExample } from '../../cli/example.ts';
import { format } from '../../explore/ui/format.ts';
import { Rng } from '../../lib/rng.ts';
import { openExplore, type ExploreSite } from '../support/explorePage.ts';
import { ROOT } from '../support/runCommand.ts';

/** The live page as a reader meets it, in Chromium. */

/** The names of all views. The list itself imports views, which the compiler reads for the page. */
const VIEWS = [
  ...readFileSync(join(ROOT, 'explore/views/index.ts'), 'utf8').matchAll(/name: '(\w+)'/g),
].map(([, name]) => name);

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

(because === '' ? describe : describe.skip)(`the live page${because}`, () => {
  let site: ExploreSite;
  beforeAll(async () => {
    site = await openExplore();
  }, 120_000);
  afterAll(() => site.close());

  /** The numbers that a page shows in a tensor, by its label. */
  const numbersOf = (page: Page, selector: string) =>
    page.$$eval(selector, (cells) =>
      cells.map((cell) => cell.querySelector('.number')?.textContent ?? ''),
    );

  test('each number of the worked example is that of `boxprop example`', async () => {
    const example = await backpropExample();
    const page = await site.open('#/example');
    await page.waitForSelector('[data-ref="loss"]');
    const shown = async (kind: string, places: number) => {
      const all: string[][] = [];
      for (let place = 0; place < places; place++) {
        all.push(await numbersOf(page, `[data-ref^="${kind} ${place} "]`));
      }
      return all;
    };
    const formatted = (lines: readonly { readonly values: readonly number[] }[]) =>
      lines.map(({ values }) => values.map((value) => format(value)));
    expect(await shown('activation', 4)).toEqual(formatted(example.forward));
    expect((await shown('gradient', 4)).slice(1)).toEqual(
      formatted([...example.backward].reverse()),
    );
    const gradients = [
      ...(await numbersOf(page, '[data-ref^="gradParam 0 "]')),
      ...(await numbersOf(page, '[data-ref^="gradParam 2 "]')),
    ];
    expect(gradients).toEqual(example.weights.map(({ gradient }) => format(gradient)));
    expect(await numbersOf(page, '[data-ref="loss"]')).toEqual([format(example.loss)]);
    await page.click('text=Next');
    await page.waitForSelector('.updates');
    const cells = await page.$$eval('.updates tbody tr', (rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)),
    );
    expect(cells).toEqual(
      example.weights.map(({ before, gradient, after, slide }) => [
        format(before, 7),
        format(gradient, 7),
        format(after, 7),
        slide.replace('-', '−'),
      ]),
    );
    // The figure still has the numbers from which the update is computed.
    expect(await shown('activation', 4)).toEqual(formatted(example.forward));
    await page.click('text=Next');
    await page.waitForSelector('text=the cost is smaller');
    expect(await shown('activation', 4)).toEqual(formatted(example.secondForward));
    expect(await numbersOf(page, '[data-ref="loss"]')).toEqual([format(example.secondLoss)]);
    // The address holds the step, so a page that is opened with it shows the same numbers.
    expect(page.url()).toMatch(/#\/example\?step=4$/);
    await page.reload();
    await page.waitForSelector('.updates');
    expect(await numbersOf(page, '[data-ref="loss"]')).toEqual([format(example.secondLoss)]);
    await page.click('button:text-is("Back")');
    await page.click('button:text-is("Back")');
    await page.waitForSelector('.updates', { state: 'detached' });
    expect(await numbersOf(page, '[data-ref="loss"]')).toEqual([format(example.loss)]);
    await page.close();
  });

  test('numbers clicked at random agree with their central difference', async () => {
    const rng = new Rng(2026);
    let clicked = 0;
    for (const name of VIEWS) {
      const page = await site.open(`#/${name}`);
      const keys = await page.$$eval('[data-ref]', (cells) =>
        cells.map((cell) => cell.getAttribute('data-ref') ?? ''),
      );
      const proven = keys.filter((key) => !/^(target|loss|buffer|nextBuffer)/.test(key));
      for (let i = 0; i < Math.min(40, proven.length); i++) {
        const key = proven[rng.integer(proven.length)];
        await page.focus(`[data-ref="${key}"]`);
        if (!(await page.isVisible(`[data-ref="${key}"].selected`)))
          await page.keyboard.press('Enter');
        await page.waitForSelector('.inspector .proof');
        const verdict = await page.getAttribute('.inspector .proof', 'class');
        expect([name, key, verdict]).toEqual([name, key, expect.stringMatching(/right|kink/)]);
        await page.keyboard.press('Enter');
        clicked++;
      }
      // In a picture, the arrow keys move a cursor to a number.
      const pictures = await page.$$('.pictures');
      for (const picture of pictures.slice(0, 12)) {
        await picture.focus();
        const keys = ['ArrowRight', 'ArrowDown', 'PageDown'];
        for (let i = 0; i < 12; i++) await page.keyboard.press(keys[rng.integer(3)]);
        await page.keyboard.press('Enter');
        await page.waitForSelector('.inspector .proof');
        const verdict = await page.getAttribute('.inspector .proof', 'class');
        expect([name, verdict]).toEqual([name, expect.stringMatching(/right|kink/)]);
        await page.click('.inspector .close');
        clicked++;
      }
      await page.close();
    }
    expect(clicked).toBeGreaterThan(20);
  }, 300_000);

  test.each(VIEWS.flatMap((name) => [[name, 'light'] as const, [name, 'dark'] as const]))(
    'axe finds nothing in %s, %s',
    async (name, colours) => {
      const page = await site.open(`#/${name}`, { colours });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      expect(found).toEqual([]);
      await page.close();
    },
    60_000,
  );

  test.each(VIEWS)('%s does not scroll sideways at 390 px', async (name) => {
    const page = await site.open(`#/${name}`, { width: 390 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  });

  test.each(VIEWS)('everything in %s can be reached by Tab', async (name) => {
    const page = await site.open(`#/${name}`);
    const wanted = await page.$$eval(
      'a[href], button:not(:disabled), input, select, textarea, summary, [tabindex="0"]',
      (all) =>
        all
          .filter(
            (element) => element.checkVisibility() && element.getAttribute('tabindex') !== '-1',
          )
          .map((element, i) => element.setAttribute('data-stop', String(i))).length,
    );
    const reached = new Set<string>();
    for (let i = 0; i < wanted + 5; i++) {
      await page.keyboard.press('Tab');
      const stop = await page.evaluate<string | null>(
        'document.activeElement.getAttribute("data-stop")',
      );
      if (stop !== null) reached.add(stop);
    }
    // Tab reaches only one radio button of each group.
    const radios = await page.$$eval('input[type=radio]:not(:checked)', (all) => all.length);
    expect(reached.size).toBe(wanted - radios);
    await page.close();
  });

  test('fifty changes of view leave no tensor behind', async () => {
    const page = await site.open('#/example');
    const heap = async () => {
      await page.evaluate('globalThis.gc?.()');
      return page.evaluate<number>('performance.memory?.usedJSHeapSize ?? 0');
    };
    for (let i = 0; i < 50; i++) {
      await page.evaluate(`location.hash = '#/${VIEWS[i % VIEWS.length]}'`);
      await page.waitForSelector('main h1');
      await page.waitForTimeout(60);
    }
    expect(await heap()).toBeLessThan(80 * 2 ** 20);
    await page.close();
  }, 60_000);

  test('the first view is below 350 KB and interactive within 2 s on a slow machine', async () => {
    const page = await site.open('#/example');
    const loaded = await page.evaluate<string[]>(
      'performance.getEntriesByType("resource").map(({ name }) => name)',
    );
    const files = ['index.html', ...loaded.map((url) => new URL(url).pathname.slice(1))];
    const worker = readdirSync(join(site.folder, 'assets')).filter((file) => /^worker-/.test(file));
    const names = new Set([...files, ...worker.map((file) => `assets/${file}`)]);
    const bytes = [...names].reduce(
      (sum, file) => sum + gzipSync(readFileSync(join(site.folder, file))).length,
      0,
    );
    expect(bytes).toBeLessThan(350 * 1024);
    const client = await page.context().newCDPSession(page);
    await client.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    // The least of three, because other work on the machine delays single starts.
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const start = Date.now();
      await page.reload();
      await page.waitForSelector('[data-ref="loss"]');
      times.push(Date.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(2000);
    await page.close();
  });

  test('nothing was written to the console, and no other host was asked', () => {
    expect(site.complaints).toEqual([]);
  });
});
