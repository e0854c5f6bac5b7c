import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InputError } from '../lib/errors.ts';
import { packageRoot } from './manifest.ts';
import { printNote } from './process.ts';

/**
 * Returns the folder of the built live page. The package contains it. A clone contains its sources,
 * which may have changed, so there it is built anew, in a few seconds.
 *
 * Errors: a clone without the development packages; a page that cannot be built.
 */
export function pageFolder(): string {
  const root = packageRoot();
  if (existsSync(join(root, 'explore', 'vite.config.ts'))) return build(root);
  const folder = join(root, 'dist', 'explore');
  if (existsSync(join(folder, 'index.html'))) return folder;
  throw new InputError(`${folder}: expected the built page, found none: run npm run build`);
}

function build(root: string): string {
  const require = createRequire(join(root, 'package.json'));
  let vite: string;
  try {
    vite = join(require.resolve('vite/package.json'), '..', 'bin', 'vite.js');
  } catch {
    throw new InputError(
      'explore: expected the development packages, which build the page: npm ci',
    );
  }
  printNote('builds the page');
  const folder = join(root, 'build', 'explore');
  const options = ['--outDir', folder, '--emptyOutDir', '--logLevel', 'error', '--bypass-lock'];
  const args = ['build', 'explore', ...options];
  const { status, stderr } = spawnSync(process.execPath, [vite, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the page cannot be built: ${stderr}`);
  return folder;
}
