import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../lib/files/makeFolder.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'boxprop-folder-'))));
afterEach(() => rm(folder, { recursive: true }));

test('creates a folder and those above it, also twice', async () => {
  const deep = join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolder(deep), makeFolder(deep)]);
  await makeFolder(deep);
  expect((await stat(deep)).isDirectory()).toBe(true);
});

test('refuses what is a file, and what is in a file', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

const because = process.platform === 'linux' ? '' : ' (skipped: no /proc)';
(because === '' ? test : test.skip)(`returns where no folder can be made${because}`, async () => {
  await expect(makeFolder('/proc/foo')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(makeFolder('/proc/foo/bar')).rejects.toMatchObject({ code: 'ENOENT' });
});
