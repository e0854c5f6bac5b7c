import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { findChromium, launchChromium } from '../../bench/chromium.ts';
import { createApp, type App } from '../support/browserApp.ts';
import {
  buildWithEsbuild,
  buildWithVite,
  buildWithWebpack,
  serveWithVite,
} from '../support/bundlers.ts';
import { serveFolder } from '../support/serveFolder.ts';

/** Tests that wasm starts in the pages that bundlers build, and in a page without a bundler. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

/** The page's program. `result` holds what the box computes, or the message of the error. */
const main = (options = '') => `
import { Linear, Rng, useBackend } from 'boxprop';
async function run() {
  const name = await useBackend('wasm'${options});
  const box = new Linear(2, 3, { rng: new Rng(0) });
  const { shape } = await box.predict([[1, 2]]);
  return name + ' computes [' + shape + ']';
}
globalThis.result = run().catch((error) => error.message);
`;

const html = (head: string) =>
  `<!doctype html><html><head><link rel="icon" href="data:,">${head}</head><body></body></html>`;

const EMPTY = 'data:text/javascript,export default {}';
const IMPORT_MAP = {
  boxprop: './node_modules/boxprop/dist/index.js',
  '@tensorflow/tfjs-core': './node_modules/@tensorflow/tfjs-core/dist/tf-core.fesm.min.js',
  '@tensorflow/tfjs-backend-wasm':
    './node_modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.fesm.min.js',
  fs: EMPTY,
  os: EMPTY,
  path: EMPTY,
  perf_hooks: EMPTY,
};

(because === '' ? describe : describe.skip)(`wasm in Chromium${because}`, () => {
  let app: App;
  let context: BrowserContext;
  let closeChromium: () => Promise<void>;

  beforeAll(async () => {
    app = createApp();
    app.write('main.js', main());
    app.write('index.html', html('<script type="module" src="/main.js"></script>'));
    ({ context, close: closeChromium } = await launchChromium());
  }, 60_000);
  afterAll(async () => {
    await closeChromium();
    app.remove();
  });

  /** Opens a page and returns its result. All requests must go to the page's own host. */
  async function open(url: string): Promise<string> {
    const page = await context.newPage();
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(new URL(url).origin))
        foreign.push(request.url());
    });
    try {
      await page.goto(url);
      await page.waitForFunction('globalThis.result');
      const result = await page.evaluate<string>('globalThis.result');
      expect(foreign).toEqual([]);
      return result;
    } finally {
      await page.close();
    }
  }

  async function openFolder(folder: string, path = ''): Promise<string> {
    const { url, close } = await serveFolder(join(app.folder, folder));
    try {
      return (await open(url + path)).replaceAll(url, '/');
    } finally {
      close();
    }
  }

  test('webpack', async () => {
    const { errors, warnings } = buildWithWebpack(app.folder);
    expect(errors).toEqual([]);
    // webpack warns about the packages that are not installed.
    expect(warnings.map((line) => /Can't resolve '(.+?)'/.exec(line)?.[1])).toEqual([
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-webgpu',
    ]);
    app.write('dist/index.html', html('<script defer src="main.js"></script>'));
    expect(await openFolder('dist')).toBe('wasm computes [1,3]');
  }, 180_000);

  test("Vite's build", async () => {
    buildWithVite(app.folder);
    expect(await openFolder('dist')).toBe('wasm computes [1,3]');
  }, 180_000);

  test("Vite's development server", async () => {
    const { url, close } = await serveWithVite(app.folder);
    try {
      expect(await open(url)).toBe('wasm computes [1,3]');
    } finally {
      close();
    }
  }, 180_000);

  test('a page without a bundler, with an import map', async () => {
    const map = `<script type="importmap">${JSON.stringify({ imports: IMPORT_MAP })}</script>`;
    app.write('plain.html', html(`${map}<script type="module">${main()}</script>`));
    expect(await openFolder('.', 'plain.html')).toBe('wasm computes [1,3]');
  });

  describe('esbuild', () => {
    const build = async (options = '') => {
      app.write('esbuild.js', main(options));
      expect(await buildWithEsbuild(app.folder, 'esbuild.js', 'out/js/main.js')).toEqual([]);
      app.write('out/index.html', html('<script type="module" src="/js/main.js"></script>'));
    };
    const copyFiles = (folder: string) => {
      const files = join(app.folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
      mkdirSync(join(app.folder, folder), { recursive: true });
      for (const file of readdirSync(files).filter((name) => name.endsWith('.wasm')))
        copyFileSync(join(files, file), join(app.folder, folder, file));
    };

    test('without the files, the message names the places and the option', async () => {
      await build();
      expect(await openFolder('out')).toBe(
        'the backend wasm does not start here: expected tfjs-backend-wasm-simd.wasm, got status 404 at ' +
          '/js/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm, status 404 at ' +
          '/js/tfjs-backend-wasm-simd.wasm, status 404 at /tfjs-backend-wasm-simd.wasm: set the option ' +
          'wasmPaths of useBackend to the URL of a folder with the files of ' +
          '@tensorflow/tfjs-backend-wasm/dist',
      );
    });

    test('with the files where wasmPaths says', async () => {
      await build(", { wasmPaths: '/files/' }");
      expect(await openFolder('out')).toMatch(
        /got status 404 at \/files\/tfjs-backend-wasm-simd\.wasm: set the option wasmPaths/,
      );
      copyFiles('out/files');
      expect(await openFolder('out')).toBe('wasm computes [1,3]');
    });

    test('with the files beside the bundle', async () => {
      copyFiles('out/js');
      await build();
      expect(await openFolder('out')).toBe('wasm computes [1,3]');
    });
  });
});
