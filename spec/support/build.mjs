/**
 * Jest's global setup: compiles boxprop into `build/`, a package as an installed one is, with the modules of this project.
 * Specs of the command line run that: it starts in half of the time that the sources take, and is what users run.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';
import { join } from 'node:path';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export default function build() {
  const folder = join(ROOT, 'build');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  if (!existsSync(join(folder, 'psets'))) symlinkSync(join(ROOT, 'psets'), join(folder, 'psets'));
  const options = ['--outDir', join(folder, 'dist'), '--noCheck', '--declaration', 'false', '--declarationMap', 'false'];
  const kept = ['--incremental', '--tsBuildInfoFile', join(folder, 'dist', 'tsbuildinfo')];
  const { status } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
      ...options,
      ...kept,
    ],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (status !== 0) throw new Error('boxprop cannot be compiled: npm run types says why');
}
