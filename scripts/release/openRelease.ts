import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Release } from './check.ts';
import { keepTexts } from './packageChecks.ts';
import { readTar } from './readTar.ts';

/** Where a release is made from. */
export interface ReleaseSource {
  readonly root: string;
  readonly version: string;
  /** The path of the tarball. */
  readonly tarball: string;
  /** The text of the proof's record, if there is one. */
  readonly proof: string | undefined;
}

/** Opens a repository and its tarball for the checks. */
export function openRelease({ root, version, tarball, proof }: ReleaseSource): Release {
  const entries = readTar(gunzipSync(readFileSync(tarball)));
  const text = (path: string) => {
    const bytes = entries.get(path);
    if (bytes === undefined) throw new Error(`the tarball has no ${path}`);
    return new TextDecoder().decode(bytes);
  };
  return {
    version,
    proof,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    git(...args) {
      const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
      if (status !== 0) throw new Error(`git ${args[0]}: ${stderr.trim()}`);
      return stdout.trimEnd();
    },
    files: new Map([...entries].map(([path, bytes]) => [path, bytes.length])),
    packed: keepTexts(text),
    packedSize: statSync(tarball).size,
  };
}
