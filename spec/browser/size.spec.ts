import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { ROOT } from '../support/runCommand.ts';

/**
 * A page with a small network and its optimizer stays small. 21 KB of it are tfjs-core, whose engine,
 * flags, platforms, savers and optimizers every import keeps.
 */

const LIMIT = 40_000;

/** The compressed size of a page without its backend, in bytes. */
async function sizeOf(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['boxprop-source'],
    external: ['@tensorflow/tfjs-backend-*'],
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

test('a page with Linear, ReLU and SGD is below 40 KB', async () => {
  const page = `import { Linear, ReLU, SGD } from 'boxprop'; console.log(Linear, ReLU, SGD);`;
  const size = await sizeOf(page);
  expect(size).toBeLessThan(LIMIT);
  // The page holds the boxes and tfjs-core.
  expect(size).toBeGreaterThan(LIMIT / 2);
});

test('the check sees what makes a page bigger', async () => {
  const page = `import * as boxprop from 'boxprop'; console.log(boxprop);`;
  expect(await sizeOf(page)).toBeGreaterThan(LIMIT);
});
