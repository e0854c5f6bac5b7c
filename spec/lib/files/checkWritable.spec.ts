import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWritable } from '../../../lib/files/checkWritable.ts';
import { inputError } from '../../support/inputError.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'boxprop-writable-'))));
afterEach(() => rm(folder, { recursive: true }));

test('accepts a new file, an old file and a link to one, and creates nothing', async () => {
  await writeFile(join(folder, 'old'), '');
  await symlink('old', join(folder, 'link'));
  for (const name of ['new', 'old', 'link']) await checkWritable(join(folder, name));
  expect((await readdir(folder)).sort()).toEqual(['link', 'old']);
});

test.each([
  ['folder', 'expected a file, got a folder'],
  ['missing/new', 'ENOENT: no such file or directory'],
  ['file/new', 'ENOTDIR: not a directory'],
])('refuses %s', async (name, problem) => {
  await mkdir(join(folder, 'folder'));
  await writeFile(join(folder, 'file'), '');
  const path = join(folder, name);
  await expect(checkWritable(path)).rejects.toEqual(
    inputError(`${path}: cannot be written: ${problem}`),
  );
});

const because =
  process.getuid?.() === 0
    ? ' (skipped: root may write anywhere)'
    : process.platform === 'win32'
      ? ' (skipped: Windows has no such folders)'
      : '';
(because === '' ? test : test.skip)(`refuses a folder that is read-only${because}`, async () => {
  await chmod(folder, 0o555);
  const path = join(folder, 'new');
  const refusal = inputError(`${path}: cannot be written: EACCES: permission denied`);
  await expect(checkWritable(path)).rejects.toEqual(refusal);
  await chmod(folder, 0o755);
});
