import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { findChromium, launchChromium } from '../../bench/chromium.ts';
import { encodeSafetensors } from '../../formats/index.ts';
import { createApp, type App } from '../support/browserApp.ts';
import { buildWithVite } from '../support/bundlers.ts';
import { ROOT } from '../support/runCommand.ts';
import { serveFolder } from '../support/serveFolder.ts';

/** Runs both examples for a browser as a user would, in Chromium. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

(because === '' ? describe : describe.skip)(`the examples for a page${because}`, () => {
  let app: App;
  let context: BrowserContext;
  let closeChromium: () => Promise<void>;

  beforeAll(async () => {
    app = createApp();
    const copy = (example: string, to: string) =>
      cpSync(join(ROOT, 'examples', example), to, { recursive: true });
    copy('page-without-bundler', join(app.folder, 'plain'));
    copy('train-in-a-page', app.folder);
    ({ context, close: closeChromium } = await launchChromium());
  }, 60_000);
  afterAll(async () => {
    await closeChromium();
    app.remove();
  });

  async function open(folder: string, path: string, use: (page: Page) => Promise<void>) {
    const { url, close } = await serveFolder(join(app.folder, folder));
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    try {
      await page.goto(url + path);
      await use(page);
      expect(errors).toEqual([]);
    } finally {
      await page.close();
      close();
    }
  }

  const waitFor = (page: Page, text: string) =>
    page.waitForFunction(
      `document.querySelector('output').textContent.match(${String(new RegExp(text))})`,
      undefined,
      { timeout: 60_000 },
    );

  test('plain: trains, and loads a File that the user chooses', async () => {
    await open('.', 'plain/index.html', async (page) => {
      await waitFor(page, '^trained on wasm: 0 1 1 0$');
      const zeros = (...shape: number[]) => {
        const data = new Float32Array(shape.reduce((a, b) => a * b));
        return { dtype: 'F32' as const, shape, data };
      };
      const one = { dtype: 'F32' as const, shape: [2], data: new Float32Array([0, 1]) };
      const weights = {
        '0.weight': zeros(16, 2),
        '0.bias': zeros(16),
        '2.weight': zeros(2, 16),
        '2.bias': one,
      };
      const file = join(app.folder, 'w.safetensors');
      writeFileSync(file, encodeSafetensors(weights));
      await page.setInputFiles('input', file);
      await waitFor(page, '^loaded: 1 1 1 1$');
    });
  }, 120_000);

  describe('vite', () => {
    beforeAll(() => void buildWithVite(app.folder), 120_000);

    /** The times between frames, in milliseconds, until the text is there. */
    const FRAMES = `
      globalThis.frames = [];
      let last = performance.now();
      const count = (now) => { frames.push(now - last); last = now; requestAnimationFrame(count); };
      requestAnimationFrame(count);`;

    test('trains in a worker while the page draws 60 frames per second', async () => {
      await open('dist', '', async (page) => {
        await waitFor(page, '^epoch 2:');
        await page.evaluate(FRAMES);
        await waitFor(page, '^epoch \\d\\d:');
        const frames = await page.evaluate<number[]>('frames');
        expect(frames.length).toBeGreaterThan(10);
        frames.sort((a, b) => a - b);
        // A frame lasts 16.7 ms. The machine of the spec is busy, so the middle one counts.
        expect(frames[Math.floor(frames.length / 2)]).toBeLessThan(20);
        await waitFor(page, '^completed: \\(0.6, 0\\) is in the ring$');
      });
    }, 120_000);

    test('stops when the user says so', async () => {
      await open('dist', '', async (page) => {
        await waitFor(page, '^epoch 1:');
        await page.click('button');
        await waitFor(page, '^aborted: ');
      });
    }, 120_000);
  });
});
