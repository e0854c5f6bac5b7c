import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BrowserContext } from 'playwright-core';
import { findChromium, launchChromium } from '../../bench/chromium.ts';
import type { BackendOptions } from '../../lib/backend/useBackend.ts';
import { ROOT } from '../support/runCommand.ts';
import type { SimdSteps } from '../support/simdSteps.ts';
import { runProgram } from '../support/runProgram.ts';

/** Own kernels on wasm compute the same bytes in Node, in a page, in a worker and in threads. */

const because = findChromium() === undefined ? ' (skipped: Chromium is not installed)' : '';

const FILES = 'node_modules/@tensorflow/tfjs-backend-wasm/dist/';

/** The headers with which a page is cross-origin isolated, so that it may have threads. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

function inNode(options: BackendOptions): SimdSteps {
  const program = `import { simdSteps } from './spec/support/simdSteps.ts';
    process.stdout.write(JSON.stringify(await simdSteps(${JSON.stringify(options)})));`;
  const flags = ['--conditions=boxprop-source', '--import', 'tsx', '--input-type=module'];
  const { status, stdout, stderr } = runProgram(
    process.execPath,
    [...flags, '--no-warnings', '--eval', program],
    { cwd: ROOT },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as SimdSteps;
}

/** A program that keeps its result, and posts it from a worker. */
const program = `
  import { simdSteps } from './spec/support/simdSteps.ts';
  const options = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const result = simdSteps({ wasmPaths: '/wasm/', ...options }).catch((error) => error.message);
  if (typeof document === 'undefined') result.then(postMessage);
  else globalThis.result = result;
`;

const html = (script: string) =>
  `<!doctype html><html><head><link rel="icon" href="data:,"><script type="module">${script}</script></head></html>`;

const PAGES: Readonly<Record<string, string>> = {
  '/page': html(`import '/main.js';`),
  '/worker': html(`
    const worker = new Worker('/main.js' + location.hash, { type: 'module' });
    globalThis.result = new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve(message);
    });`),
};

const plain = inNode({ simd: 'plain' });

test('plain SIMD learns', () => {
  expect(plain.line).toBe('backend wasm: uses own kernels in plain SIMD');
  expect(plain.losses[3]).toBeLessThan(plain.losses[0]);
});

test('threads compute the same bytes in Node', () => {
  expect(inNode({ simd: 'plain', threads: 2 })).toEqual(plain);
  expect(inNode({ simd: 'plain', threads: 3 })).toEqual(plain);
  expect(inNode({ simd: 'relaxed', threads: 2 })).toEqual(inNode({ simd: 'relaxed' }));
});

test('without own kernels, tfjs computes the same to single precision', () => {
  const { line, losses } = inNode({ simd: 'none' });
  expect(line).toBe("backend wasm: uses tfjs's kernels");
  losses.forEach((loss, i) => expect(loss).toBeCloseTo(plain.losses[i], 4));
});

(because === '' ? describe : describe.skip)(`in Chromium${because}`, () => {
  let server: Server;
  let context: BrowserContext;
  let closeChromium: () => Promise<void>;
  let script: Uint8Array;

  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: ROOT },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      conditions: ['boxprop-source'],
      external: ['@tensorflow/tfjs-backend-web*'],
      logLevel: 'error',
    });
    script = outputFiles[0].contents;
    server = createServer(({ url = '/' }, response) => {
      const { pathname } = new URL(url, 'http://localhost');
      const headers = url.includes('isolated') || pathname !== '/page' ? ISOLATED : {};
      if (pathname === '/main.js') {
        response.writeHead(200, { ...headers, 'Content-Type': 'text/javascript' }).end(script);
      } else if (pathname.startsWith('/wasm/')) {
        const file = readFileSync(join(ROOT, FILES, pathname.slice('/wasm/'.length)));
        response.writeHead(200, { ...headers, 'Content-Type': 'application/wasm' }).end(file);
      } else {
        response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end(PAGES[pathname]);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    ({ context, close: closeChromium } = await launchChromium());
  }, 60_000);

  afterAll(async () => {
    await closeChromium();
    server.close();
  });

  async function inBrowser(page: string, options: BackendOptions): Promise<SimdSteps> {
    const { port } = server.address() as AddressInfo;
    const tab = await context.newPage();
    try {
      const hash = encodeURIComponent(JSON.stringify(options));
      await tab.goto(`http://localhost:${port}${page}#${hash}`);
      await tab.waitForFunction('globalThis.result');
      return await tab.evaluate<SimdSteps>('globalThis.result');
    } finally {
      await tab.close();
    }
  }

  test.each([
    ['a page', '/page', {}],
    ['a page that is isolated', '/page?isolated', {}],
    ['a worker', '/worker', {}],
    ['two threads of an isolated page', '/page?isolated', { threads: 2 }],
    ['two threads of a worker', '/worker', { threads: 2 }],
  ])(
    'plain SIMD gives the bytes of Node in %s',
    async (_, page, options) => {
      expect(await inBrowser(page, { simd: 'plain', ...options })).toEqual(plain);
    },
    60_000,
  );

  test('a page that is not isolated has one thread', async () => {
    const { line, weights } = await inBrowser('/page', { simd: 'plain', threads: 2 });
    expect(line).toBe('backend wasm: has 1 of 2 threads here, uses own kernels in plain SIMD');
    expect(weights).toEqual(plain.weights);
  });
});
