import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InputError } from '../lib/errors.ts';
import { packageRoot } from './manifest.ts';
import { printNote } from './process.ts';

/**
 * Returns the folder of the built live page. The npm package contains the built page. A clone of
 * the repository contains only its sources, which may have changed, so the page is built again,
 * which takes a few seconds.
 *
 * Errors: a clone without the development packages; a page that cannot be built.
 */
export function pageFolder(): string {
  const root = packageRoot();
  if (existsSync(join(root, 'explore', 'vite.config.ts'))) {
    const folder = join(root, 'build', 'explore');
    printNote('builds the page');
    buildPage(folder);
    return folder;
  }
  const folder = join(root, 'dist', 'explore');
  if (existsSync(join(folder, 'index.html'))) return folder;
  throw new InputError(`${folder}: expected the built page, found none: run npm run build`);
}

/**
 * Builds the live page from the sources of a clone into a folder.
 *
 * Errors: a clone without the development packages; a page that cannot be built.
 */
export function buildPage(folder: string): void {
  const root = packageRoot();
  const require = createRequire(join(root, 'package.json'));
  let vite: string;
  try {
    vite = join(require.resolve('vite/package.json'), '..', 'bin', 'vite.js');
  } catch {
    throw new InputError(
      'explore: expected the development packages, which build the page: npm ci',
    );
  }
  const args = ['build', 'explore', '--outDir', folder, '--emptyOutDir', '--logLevel', 'error'];
  const { status, stderr } = spawnSync(process.execPath, [vite, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the page cannot be built: ${stderr}`);
}
