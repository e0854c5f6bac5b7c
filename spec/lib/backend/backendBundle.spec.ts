import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../../support/runCommand.ts';

/**
 * Tests that a browser app can be bundled if the only backend that it installs is webgl, which
 * depends on the cpu backend.
 */

/** The installed packages, with the dependencies of the webgl backend. */
const INSTALLED = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-webgl',
  '@tensorflow/tfjs-backend-cpu',
  'seedrandom',
  'long',
  // boxprop's own dependencies that work in a browser.
  'pbf',
];

const PARTS = [
  'package.json',
  'index.ts',
  'lib',
  'modules',
  'losses',
  'optim',
  'gradcheck',
  'models',
];

let app: string;

beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'boxprop-bundle-'));
  const link = (name: string, to: string) => {
    const path = join(app, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    // Windows lets every user make junctions, but not links to files.
    if (statSync(to).isDirectory()) symlinkSync(to, path, 'junction');
    else copyFileSync(to, path);
  };
  for (const name of INSTALLED) link(name, join(ROOT, 'node_modules', name));
  // Links the parts and not the whole folder, because esbuild would find the folder's node_modules.
  for (const part of PARTS) link(join('boxprop', part), join(ROOT, part));
});
afterAll(() => rmSync(app, { recursive: true }));

const bundle = (contents: string) =>
  build({
    stdin: { contents, resolveDir: app },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
    conditions: ['boxprop-source'],
    // Linked files are resolved in the app, not in this repository.
    preserveSymlinks: true,
  });

test('is bundled without a warning, with only the installed backend', async () => {
  const { errors, warnings, metafile } = await bundle(
    `import { Conv2D, useBackend } from 'boxprop';
     import { gradcheck } from 'boxprop/gradcheck';
     await useBackend('webgl');
     console.log(Conv2D, gradcheck);`,
  );
  expect([errors, warnings]).toEqual([[], []]);
  const inputs = Object.keys(metafile.inputs);
  const backends = inputs.map((path) => /tfjs-(backend-\w+|node)/.exec(path)?.[1]);
  expect(new Set(backends.filter(Boolean))).toEqual(new Set(['backend-cpu', 'backend-webgl']));
  // There is only one copy of tfjs's engine.
  expect(inputs.filter((path) => /tfjs-core\/dist\/engine\.js$/.test(path))).toHaveLength(1);
  // These imports stay in the bundle. They fail with a clear message when they are used.
  const left = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.map(({ path }) => path),
  );
  expect(new Set(left)).toEqual(
    new Set(['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-webgpu']),
  );
});

test('the check sees a static import of a package that is missing', async () => {
  await expect(bundle(`import 'boxprop'; import '@tensorflow/tfjs-backend-wasm';`)).rejects.toThrow(
    'Could not resolve "@tensorflow/tfjs-backend-wasm"',
  );
});
