import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFile } from '../../../lib/files/createFile.ts';
import { inputError } from '../../support/inputError.ts';

let folder: string;
const file = () => join(folder, 'result.json');
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'boxprop-create-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('a file is created, and an existing one stays as it is', async () => {
  expect(await createFile(file(), 'first')).toBe(true);
  expect(await createFile(file(), 'second')).toBe(false);
  expect(readFileSync(file(), 'utf8')).toBe('first');
  expect(readdirSync(folder)).toEqual(['result.json']);
});

test('one of many callers creates the file, and its content is whole at every moment', async () => {
  const texts = Array.from({ length: 40 }, (_, i) => String(i).repeat(200_000));
  let isDone = false;
  const seen = new Set<string>();
  const look = (async () => {
    while (!isDone) {
      if (existsSync(file())) seen.add(readFileSync(file(), 'utf8'));
      await new Promise(setImmediate);
    }
  })();
  const created = await Promise.all(texts.map((text) => createFile(file(), text)));
  isDone = true;
  await look;
  expect(created.filter(Boolean)).toHaveLength(1);
  expect([...seen]).toEqual([texts[created.indexOf(true)]]);
  expect(readdirSync(folder)).toEqual(['result.json']);
});

test('a folder that is missing is named in one line', async () => {
  await expect(createFile(join(folder, 'no', 'a'), '')).rejects.toEqual(
    inputError(`${join(folder, 'no', 'a')}: cannot be written: ENOENT: no such file or directory`),
  );
});

test('a file is created in a folder that has the temporary file of a killed process', async () => {
  writeFileSync(join(folder, '.result.json.node1.1.0123abcd.tmp'), 'fir');
  expect(await createFile(file(), 'first')).toBe(true);
});
