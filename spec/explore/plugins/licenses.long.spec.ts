import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../support/runCommand.ts';
import { runProgram } from '../../support/runProgram.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-licenses-'));
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'build', 'explore', '--outDir', folder, '--emptyOutDir', '--sourcemap'];
  const { status, stderr } = runProgram(process.execPath, args, { cwd: ROOT });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The sources that the built files of the page contain, by their source maps. */
function bundledSources(): string[] {
  const assets = join(folder, 'assets');
  const maps = readdirSync(assets).filter((file) => file.endsWith('.map'));
  return maps.flatMap((file) => {
    const map = JSON.parse(readFileSync(join(assets, file), 'utf8')) as { sources: string[] };
    return map.sources;
  });
}

/** The packages of these sources. */
function bundledPackages(): string[] {
  const names = bundledSources().map(
    (path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1],
  );
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

test('LICENSES.md names every package in the page and in its workers', () => {
  const packages = bundledPackages();
  expect(packages).toEqual(expect.arrayContaining(['preact', 'uplot', '@tensorflow/tfjs-core']));
  const text = readFileSync(join(folder, 'LICENSES.md'), 'utf8');
  const listed = [...text.matchAll(/^## (\S+) - \d/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual(expect.arrayContaining(packages));
});

test('the page has no backend that it does not start', () => {
  const sources = bundledSources();
  // The backend wasm computes some operations with the shared functions of the backend cpu.
  expect(sources.filter((path) => /backend_(cpu|webgl|webgpu)\.js$/.test(path))).toEqual([]);
  expect(sources.filter((path) => /backend_wasm\.js$/.test(path))).toHaveLength(1);
  const wasm = readdirSync(join(folder, 'assets')).filter((file) => file.endsWith('.wasm'));
  expect(wasm.map((file) => file.replace(/-[\w-]{8}\.wasm$/, '')).sort()).toEqual([
    'tfjs-backend-wasm',
    'tfjs-backend-wasm-simd',
  ]);
});
