import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkUtf8, readRegularText, readText } from '../../../lib/files/readFile.ts';
import { inputError } from '../../support/inputError.ts';

let file: string;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-read-'));
  file = join(folder, 'text');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('reads UTF-8, without its byte order mark', async () => {
  writeFileSync(file, '\uFEFFä€😀\n');
  expect(await readText(file)).toBe('ä€😀\n');
  writeFileSync(file, '');
  expect(await readText(file)).toBe('');
});

// The device gives zeros without end. Windows has no such device.
const onUnix = process.platform === 'win32' ? test.skip : test;
onUnix('does not read a device without end (Windows has none)', async () => {
  await expect(readText('/dev/zero')).rejects.toThrow(
    inputError('/dev/zero: expected at most 512 MiB of text, got more'),
  );
});

test('reads a text whose last character is cut off, from a regular file only', async () => {
  writeFileSync(file, Buffer.from('ä€').subarray(0, -1));
  expect(await readRegularText(file)).toBe('ä\uFFFD');
  await expect(readRegularText(folder)).rejects.toThrow(
    inputError(`${folder}: expected a file, got a folder`),
  );
});

const utf8 = (text: string) => Array.from(Buffer.from(text));

test.each<[string, number[], string]>([
  [
    'a letter of Latin-1',
    [...utf8('ä\nb'), 0xe4, ...utf8('cdef')],
    'line 2: expected UTF-8, got the byte 0xe4',
  ],
  ['a letter of Latin-1 at the start', [0xfc, 0x62], 'line 1: expected UTF-8, got the byte 0xfc'],
  [
    'half a letter at the end',
    [...utf8('a\n\n'), 0xe2, 0x82],
    'line 3: expected UTF-8, got the byte 0xe2',
  ],
  ['a surrogate', [...utf8('😀'), 0xed, 0xa0, 0x80], 'line 1: expected UTF-8, got the byte 0xed'],
  ['UTF-16, little end first', [0xff, 0xfe, 0x61, 0], 'expected UTF-8, got UTF-16'],
  ['UTF-16, big end first', [0xfe, 0xff, 0, 0x61], 'expected UTF-8, got UTF-16'],
  [
    'a byte 0',
    utf8('a\nb\0'),
    'line 2: expected UTF-8, got the byte 0x00 of UTF-16 or of a binary file',
  ],
])('refuses %s', async (_, bytes, message) => {
  writeFileSync(file, Uint8Array.from(bytes));
  const error = inputError(`${file}: ${message}; save the file as UTF-8`);
  await expect(readText(file)).rejects.toThrow(error);
  expect(() => checkUtf8(file, Uint8Array.from(bytes))).toThrow(error);
});
