import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathKind, readRegularFile } from '../../../lib/files/regularFile.ts';
import { inputError } from '../../support/inputError.ts';
import { runProgram } from '../../support/runProgram.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-regular-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

test('a file is read through links', async () => {
  writeFileSync(at('a'), Uint8Array.of(1, 2, 3));
  symlinkSync(at('a'), at('link'));
  expect(await readRegularFile(at('link'))).toEqual(Uint8Array.of(1, 2, 3));
  expect([await pathKind(at('link')), await pathKind(folder)]).toEqual(['file', 'folder']);
});

test('what leads nowhere is missing: no file, no folder before it, a loop of links', async () => {
  writeFileSync(at('a'), '');
  symlinkSync(at('b'), at('b'));
  const kinds = await Promise.all([at('none'), join(at('a'), 'below'), at('b')].map(pathKind));
  expect(kinds).toEqual(['missing', 'missing', 'missing']);
});

test('a missing file and a file of 2 GiB are refused', async () => {
  await expect(readRegularFile(at('none'))).rejects.toThrow(
    inputError(`${at('none')}: cannot be read: ENOENT: no such file or directory`),
  );
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 2 ** 31);
  await expect(readRegularFile(at('large'))).rejects.toThrow(
    inputError(`${at('large')}: expected less than 2 GiB, got 2147483648 bytes`),
  );
});

test.each([
  [
    'version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 9\n',
    'a pointer of Git LFS: fetch the file with `git lfs pull`',
  ],
  ['\uFEFF<!DOCTYPE html><title>404</title>', 'an HTML page: download the file itself'],
])('data that were not fetched are refused: %j', async (text, got) => {
  writeFileSync(at('train.csv'), text);
  await expect(readRegularFile(at('train.csv'))).rejects.toThrow(
    inputError(`${at('train.csv')}: expected data, got ${got}`),
  );
});

const unix = process.platform !== 'win32';
(unix ? test : test.skip)(
  `a folder, a pipe and a device are refused, without waiting${unix ? '' : ' (skipped: Unix only)'}`,
  async () => {
    runProgram('mkfifo', [at('pipe')]);
    for (const [path, got] of [
      [folder, 'a folder'],
      [at('pipe'), 'a pipe or device'],
      ['/dev/zero', 'a pipe or device'],
    ]) {
      await expect(readRegularFile(path)).rejects.toThrow(
        inputError(`${path}: expected a file, got ${got}`),
      );
    }
    expect([await pathKind(at('pipe')), await pathKind('/dev/null')]).toEqual(['other', 'other']);
  },
);
