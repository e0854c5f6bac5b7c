import { fileURLToPath, URL } from 'node:url';
import { defineConfig } from 'vite';
import { docstrings } from './plugins/docstrings.ts';
import { licenses } from './plugins/licenses.ts';
import { mnistSprites } from './plugins/mnistSprites.ts';
import { psetPages } from './plugins/psetPages.ts';
import { withoutThreads } from './plugins/withoutThreads.ts';

const licensesOf = licenses('LICENSES.md');

/**
 * The build of the page. It consists of static files that can be served from any path, and sends no
 * requests to other hosts.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // URLs are relative, so that the folder can be served from any path.
  base: './',
  plugins: [docstrings(), mnistSprites(), psetPages(), licensesOf.page],
  resolve: { conditions: ['boxprop-source', 'module', 'browser', 'default'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The page shows boxes by the names of their classes, so minification must preserve these names.
  worker: {
    format: 'es',
    plugins: () => [docstrings(), licensesOf.worker, withoutThreads()],
    rolldownOptions: { output: { keepNames: true } },
  },
  build: {
    outDir: '../dist/explore',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
  },
});
