import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../index.ts';
import { loadCifar } from '../../node.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-cifar-'));
  await useBackend('cpu');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An example whose red, green and blue planes each start with three known bytes. */
const example = (labels: number[], tag: number) => {
  const bytes = new Uint8Array(3072);
  for (let c = 0; c < 3; c++) bytes.set([tag, 10 * (c + 1), 100 + c], 1024 * c);
  return Buffer.from([...labels, ...bytes]);
};
const write = (file: string, ...examples: Uint8Array[]) =>
  writeFileSync(join(folder, file), Buffer.concat(examples));

function writeTen(): void {
  for (let part = 1; part <= 5; part++)
    write(`data_batch_${part}.bin`, example([part], part), example([9], 50 + part));
  write('test_batch.bin', example([7], 99));
}

const FIVE = [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`).join(', ');

test('CIFAR-10: reads the five parts in order, and turns planes into channels', async () => {
  writeTen();
  const { train, test: held } = await loadCifar(folder);
  expect([train.name, train.length, train.classes, held.length]).toEqual([
    'cifar-10 train',
    10,
    10,
    1,
  ]);
  expect([...train.labels]).toEqual([1, 9, 2, 9, 3, 9, 4, 9, 5, 9]);
  const { input, labels } = train.batch(Int32Array.of(3, 0));
  expect(input.shape).toEqual([2, 32, 32, 3]);
  expect([...labels.dataSync()]).toEqual([9, 1]);
  const values = Array.from(input.dataSync(), (value) => Math.round(255 * value));
  expect(values.slice(0, 9)).toEqual([52, 52, 52, 10, 20, 30, 100, 101, 102]);
  expect(values.slice(3072, 3075)).toEqual([1, 1, 1]);
});

test('CIFAR-100: reads the fine label', async () => {
  write('train.bin', example([3, 97], 1), example([19, 0], 2));
  write('test.bin', example([0, 5], 3));
  const { train, test: held } = await loadCifar(folder);
  expect([train.name, train.classes, [...train.labels], [...held.labels]]).toEqual([
    'cifar-100 train',
    100,
    [97, 0],
    [5],
  ]);
});

test.each([
  ['data_batch_1', 'cifar-10-binary.tar.gz'],
  ['meta', 'cifar-100-binary.tar.gz'],
])('the Python version is recognized by %s, and refused', async (file, archive) => {
  write(file, Buffer.from('\x80\x03pickle'));
  await expect(loadCifar(folder)).rejects.toThrow(
    inputError(
      `cifar: expected the binary version, got the Python version in ${folder} (${file}, pickles): get ${archive}`,
    ),
  );
});

test('any of its files decides the version', async () => {
  write('data_batch_4.bin', example([1], 1));
  await expect(loadCifar(folder)).rejects.toThrow(
    /^cifar-10 train: expected the files data_batch_1\.bin, .*, found no data_batch_\d\.bin: unpack the archive again$/,
  );
});

test('a folder with files of both versions is refused', async () => {
  writeTen();
  write('test.bin', example([1, 1], 1));
  await expect(loadCifar(folder)).rejects.toThrow(
    inputError(
      `cifar: expected the files of one version in ${folder}, got "data_batch_5.bin" and "test.bin": move those of one into a folder`,
    ),
  );
});

test('the error names a bad example with its file, or a missing file', async () => {
  const refuses = (message: string) =>
    expect(loadCifar(folder)).rejects.toThrow(inputError(message));
  await refuses(
    `cifar: expected test_batch.bin (CIFAR-10) or test.bin (CIFAR-100) in ${folder}, found neither`,
  );
  writeTen();
  write('data_batch_3.bin', example([1], 1), example([10], 1));
  await refuses(
    `${join(folder, 'data_batch_3.bin')}: example 1: expected a label from 0 to 9, got 10`,
  );
  write('data_batch_3.bin', example([1], 1).subarray(1));
  await refuses(
    `${join(folder, 'data_batch_3.bin')}: expected whole examples of 3073 bytes, got 3072 bytes`,
  );
  rmSync(join(folder, 'data_batch_2.bin'));
  await refuses(
    `cifar-10 train: expected the files ${FIVE} in ${folder}, found no data_batch_2.bin: unpack the archive again`,
  );
});
