import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The entries of the repository that the package is not made from, or that it makes itself. */
const LEFT_OUT = ['node_modules', '.git', 'build', 'dist', 'runs', 'coverage', 'spec', 'docs'];

/** The time that npm gets, in milliseconds. On an idle machine it needs a quarter of a minute. */
const LIMIT = 600_000;

/**
 * Makes the tarball that `npm publish` would upload, and returns its path. It is built from a copy
 * of the sources: other programs, such as specs that run at the same time, may use `dist/`.
 *
 * Errors: sources that cannot be built or packed; the message ends with what npm wrote.
 *
 *     const tarball = packTarball('/tmp/tarballs');   // /tmp/tarballs/boxprop-0.2.0.tgz
 */
export function packTarball(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'boxprop-pack-'));
  try {
    for (const entry of readdirSync(ROOT).filter((name) => !LEFT_OUT.includes(name))) {
      cpSync(join(ROOT, entry), join(copy, entry), { recursive: true });
    }
    // On Windows, a junction needs no special rights.
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
    mkdirSync(folder, { recursive: true });
    const { status, stdout, stderr, error } = spawnSync(
      'npm',
      ['pack', '--pack-destination', folder],
      {
        cwd: copy,
        encoding: 'utf8',
        shell: process.platform === 'win32',
        timeout: LIMIT,
        maxBuffer: 2 ** 26,
      },
    );
    const name = stdout.trim().split('\n').at(-1);
    if (status !== 0 || name === undefined) {
      const got = error?.message ?? stderr.trim().split('\n').at(-1);
      throw new Error(`npm pack: expected a tarball within ${LIMIT / 60_000} minutes, got: ${got}`);
    }
    return join(folder, name);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
