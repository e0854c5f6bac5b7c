import { cpSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findChromium, launchChromium } from '../../../bench/chromium.ts';
import { buildWithEsbuild, buildWithVite, buildWithWebpack } from '../bundlers.ts';
import { serveFolder } from '../serveFolder.ts';
import { page } from './programs.ts';
import type { Project } from './project.ts';
import type { Trial } from './trials.ts';

const require = createRequire(import.meta.url);
const versionOf = (name: string) =>
  (require(`${name}/package.json`) as { version: string }).version;

const html = (script: string) =>
  `<!doctype html><html lang="en"><head><title>t</title><link rel="icon" href="data:,">${script}</head></html>`;

/** Builds a page with each bundler and opens it in Chromium. */
export async function tryPages(project: Project): Promise<Trial[]> {
  if (findChromium() === undefined) return [{ what: 'pages', result: 'Chromium is not installed' }];
  const { folder } = project;
  const { context, close } = await launchChromium();
  const open = async (root: string): Promise<string> => {
    const { url, close: closeServer } = await serveFolder(join(folder, root));
    const tab = await context.newPage();
    try {
      await tab.goto(url);
      await tab.waitForFunction('globalThis.result', undefined, { timeout: 60_000 });
      const result = await tab.evaluate<string>('globalThis.result');
      return result === 'wasm [1,3]' ? 'yes' : result.slice(0, 120);
    } finally {
      await tab.close();
      closeServer();
    }
  };
  const trial = async (what: string, run: () => Promise<string>): Promise<Trial> => {
    try {
      return { what, result: await run() };
    } catch (error) {
      return { what, result: String(error).split('\n')[0].slice(0, 120) };
    }
  };
  try {
    project.write('main.js', page);
    return [
      await trial(`a page built by Vite ${versionOf('vite')}`, () => {
        project.write('index.html', html('<script type="module" src="/main.js"></script>'));
        buildWithVite(folder);
        return open('dist');
      }),
      await trial(`a page built by webpack ${versionOf('webpack')}`, () => {
        const { errors } = buildWithWebpack(folder);
        if (errors.length > 0) throw new Error(errors[0]);
        project.write('dist/index.html', html('<script defer src="main.js"></script>'));
        return open('dist');
      }),
      await trial(`a page built by esbuild ${versionOf('esbuild')}`, async () => {
        await buildWithEsbuild(folder, 'main.js', 'out/main.js');
        const files = join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
        for (const file of readdirSync(files).filter((name) => name.endsWith('.wasm')))
          cpSync(join(files, file), join(folder, 'out', file));
        project.write('out/index.html', html('<script type="module" src="/main.js"></script>'));
        return open('out');
      }),
    ];
  } finally {
    await close();
  }
}
