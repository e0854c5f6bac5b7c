import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { findChromium, launchChromium } from '../../bench/chromium.ts';
import { buildPage } from '../../cli/pageFolder.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { torchLayout } from '../../formats/torch/torchLayout.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { Rng } from '../../lib/rng.ts';
import { lenet } from '../../models/lenet.ts';
import { ROOT } from '../support/runCommand.ts';
import { serveFolder } from '../support/serveFolder.ts';
import { torchFile, torchTensors } from '../support/torchFile.ts';

/** The page as a static host serves it below another path, with no way to any other place. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

/** The path below which the page is served. */
const PATH = 'a/b/c/';

const VIEWS = [
  ...readFileSync(join(ROOT, 'explore/views/index.ts'), 'utf8').matchAll(/name: '(\w+)'/g),
].map(([, name]) => name);

(because === '' ? describe : describe.skip)(`the page below ${PATH}${because}`, () => {
  let folder: string;
  let page: string;
  let context: BrowserContext;
  /** The requests to files of the page, and those to anything else, which are blocked. */
  const [requested, elsewhere, failed]: [string[], string[], string[]] = [[], [], []];
  let close = async () => {};

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'boxprop-elsewhere-'));
    buildPage(join(folder, PATH));
    const server = await serveFolder(folder);
    page = `${server.url}${PATH}`;
    const chromium = await launchChromium();
    ({ context } = chromium);
    await context.route(/^(?!data:|blob:)/, (route) => {
      const url = route.request().url();
      if (url.startsWith(page)) {
        requested.push(url.slice(page.length));
        return route.continue();
      }
      elsewhere.push(url);
      return route.abort();
    });
    context.on('requestfailed', (request) => failed.push(request.url()));
    context.on('response', (response) => {
      if (!response.ok()) failed.push(`${response.url()}: ${response.status()}`);
    });
    close = async () => {
      await chromium.close();
      server.close();
      rmSync(folder, { recursive: true });
    };
  }, 120_000);
  afterAll(() => close());

  async function open(route: string) {
    const opened = await context.newPage();
    await opened.goto(`${page}${route}`);
    await opened.waitForSelector('main h1');
    await opened.waitForLoadState('networkidle');
    return opened;
  }

  const parts = ['digit', 'inside', 'verdict'].map((part) => `live?part=${part}`);

  test.each([...VIEWS, ...parts])('#/%s', async (route) => {
    const opened = await open(`#/${route}`);
    expect(await opened.$$('[role=alert]')).toEqual([]);
    await opened.close();
  });

  test('a problem set is graded', async () => {
    const opened = await open('#/psets');
    await opened.click('.pset button.primary');
    await opened.waitForSelector('.report .points');
    await opened.close();
  });

  test('weights below the page are loaded, and no others', async () => {
    await useBackend('cpu');
    mkdirSync(join(folder, PATH, 'run'));
    const file = join(folder, PATH, 'run/weights.safetensors');
    await saveWeights(file, lenet({ rng: new Rng(1) }).params);
    const own = await open('#/live?weights=run/weights.safetensors');
    expect(await own.$$('[role=alert]')).toEqual([]);
    expect(requested).toContain('run/weights.safetensors');
    await own.close();
    // The axes are those of PyTorch.
    const network = lenet({ rng: new Rng(2) });
    const theirs = torchTensors(network.params, torchLayout(network, [28, 28, 1]));
    writeFileSync(join(folder, PATH, 'run/lenet.pth'), torchFile(theirs));
    const torch = await open('#/live?weights=run/lenet.pth');
    expect(await torch.$$('[role=alert]')).toEqual([]);
    await torch.close();
    const other = await open('#/live?weights=https://elsewhere.example/weights.safetensors');
    expect(await other.textContent('[role=alert]')).toBe(
      'weights: expected an address below the page, got https://elsewhere.example/weights.safetensors',
    );
    await other.close();
  });

  test('nothing was asked of any other place, and no request failed', () => {
    expect(elsewhere).toEqual([]);
    expect(failed).toEqual([]);
    // Requests of workers are among those that are recorded.
    expect(requested).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^digits\/test-\w+\.png$/),
        expect.stringMatching(/^assets\/.*\.wasm$/),
      ]),
    );
  });
});
