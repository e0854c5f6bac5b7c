import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTorch } from '../../../formats/torch/openTorch.ts';
import { inputError } from '../../support/inputError.ts';
import { ROOT } from '../../support/runCommand.ts';

/** The file is made of five pickles, then of a length and the elements per storage. */

const fixture = (name: string) => readFileSync(join(ROOT, 'spec/fixtures/torch', name));
const plain = fixture('plain.legacy.pth');
const views = fixture('views.legacy.pth');

function open(bytes: Buffer) {
  return openTorch('w.pth', 'pickle', bytes.length, (position, length) =>
    Promise.resolve(Uint8Array.from(bytes.subarray(position, position + length))),
  );
}

/** A file with other bytes in place of the last ones of this kind. */
function changed(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.lastIndexOf(from, undefined, 'latin1');
  if (at < 0) throw new Error('no such bytes');
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(to, 'latin1'),
    bytes.subarray(at + from.length),
  ]);
}

test.each<[string, Buffer, string]>([
  [
    'a pickle of another program',
    changed(plain, '\x80\x02\x8a\nl', '\x80\x02\x8a\nm'),
    'expected a file of torch.save, got a pickle of another program',
  ],
  [
    'another version',
    changed(plain, '\x80\x02M\xe9\x03.', '\x80\x02M\xea\x03.'),
    'expected version 1001 of torch.save, got another',
  ],
  [
    'a big-endian file',
    changed(plain, 'little_endianq\x02\x88', 'little_endianq\x02\x89'),
    'expected a little-endian file, got a big-endian one',
  ],
  [
    'keys that are no list of texts',
    changed(plain, '\x80\x02]q\0(X', '\x80\x02]q\0(NX'),
    'expected a list of the keys of storages, got other values',
  ],
])('%s is refused', async (_, bytes, problem) => {
  await expect(open(bytes)).rejects.toThrow(inputError(`w.pth: ${problem}`));
});

test('a storage whose length differs from that in the pickle is refused', async () => {
  for (const [value, got] of [
    [2, 'got 2'],
    [-1, 'got -1'],
  ] as const) {
    const bytes = Buffer.from(views);
    // The length of the first storage follows the last pickle.
    const at = views.lastIndexOf('e.', undefined, 'latin1') + 2;
    const expected = bytes.readBigInt64LE(at);
    bytes.writeBigInt64LE(BigInt(value), at);
    await expect(open(bytes)).rejects.toThrow(`expected ${expected} elements, ${got}`);
  }
});

test('a storage with two lengths in the pickle is refused', async () => {
  // Changes the length of a storage in the pickle, one byte at the end of a tuple, from 120 to 119.
  const bytes = changed(views, 'KxNt', 'KwNt');
  await expect(open(bytes)).rejects.toThrow(/^w\.pth: storage "\d+" has two classes or lengths$/);
});

test('a storage that the list of keys does not name is missing', async () => {
  const [key] = /\d{12,}/.exec(plain.toString('latin1').slice(1336)) ?? [''];
  const other = `${key.slice(0, -1)}x`;
  await expect(open(changed(plain, key, other))).rejects.toThrow(
    inputError(`w.pth: storage "${other}": expected one known class, got none`),
  );
});

test('a pickle beyond the first megabyte is read', async () => {
  // The dict gets a text of 5 MB before its first tensor.
  const text = Buffer.alloc(5e6, 'x');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const at = plain.indexOf('(X\x07\0\0\0float64', 0, 'latin1') + 1;
  const bytes = Buffer.concat([
    plain.subarray(0, at),
    Buffer.from('X\x01\0\0\0yX', 'latin1'),
    length,
    text,
    plain.subarray(at),
  ]);
  const { entries, read } = await open(bytes);
  const entry = entries.get('int8');
  if (entry === undefined) throw new Error('no int8');
  expect((await read(entry)).data).toEqual(Int8Array.of(-128, 127));
});
