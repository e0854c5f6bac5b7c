import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BUILT, ROOT } from './runCommand.ts';

/** The packages of an app that trains on wasm. `seedrandom` and `long` are those of tfjs. */
const PACKAGES = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
  'long',
  'seedrandom',
];

/** A folder in which a user has installed boxprop and some backends. */
export interface App {
  readonly folder: string;
  /** Writes a file of the app. */
  write(file: string, text: string): void;
  remove(): void;
}

/**
 * Creates an app with the compiled boxprop. The packages are copied, because a bundler follows links
 * and would find the other packages of this repository.
 */
export function createApp(): App {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-app-'));
  const modules = join(folder, 'node_modules');
  const copy = (from: string, to: string) =>
    cpSync(from, join(modules, to), {
      recursive: true,
      filter: (path) => !/\.(map|d\.ts)$|_test\.js$|miniprogram/.test(path),
    });
  for (const name of PACKAGES) copy(join(ROOT, 'node_modules', name), name);
  for (const part of ['package.json', 'dist']) copy(join(BUILT, part), join('boxprop', part));
  const write = (file: string, text: string) => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  write('package.json', '{ "type": "module", "private": true }');
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
