import '@tensorflow/tfjs-backend-cpu';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { variable, zeros } from '@tensorflow/tfjs-core';
import { decodeSafetensors, encodeSafetensors } from '../../../formats/safetensors/safetensors.ts';
import { withSafetensors } from '../../../formats/safetensors/safetensorsFile.ts';
import { loadWeights } from '../../../formats/safetensors/weights.ts';
import { inputError } from '../../support/inputError.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-foreign-'));
  file = join(folder, 'model.pth');
});
afterAll(() => rmSync(folder, { recursive: true }));

const TORCH = 'loadWeights and withTensorFile read it, and every command takes it as weights';
const CUT = 'expected a zip file with its directory at the end, the file is cut off';
const PROTOCOL =
  'expected a pickle of protocol 2, got protocol 4: save the weights without pickle_protocol';
const KERAS =
  'save its weights by name with save_file of safetensors.numpy in Python, and name the network here';

/** The local header of a zip file's first entry, and zeros. The flags are those of torch.save. */
const zip = (name: string, flags = [8, 8]) =>
  Buffer.concat([
    Buffer.of(0x50, 0x4b, 3, 4, 0, 0, ...flags, ...new Array<number>(18).fill(0)),
    Buffer.of(name.length, 0, 0, 0),
    Buffer.from(name),
    Buffer.alloc(600),
  ]);
const latin1 = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(600)]);

test.each<[string, Uint8Array, string]>([
  [
    'a pointer of Git LFS',
    Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 9\n'),
    'a pointer of Git LFS: fetch the file with `git lfs pull`',
  ],
  [
    'an HTML page',
    Buffer.from('\n<!doctype html><p>Not found'),
    'an HTML page: download the file itself',
  ],
  ['a short HTML page', Buffer.from('<html>'), 'an HTML page: download the file itself'],
  // The time of a file that Node zips is 0, so its first 8 bytes are a header of 559903 bytes.
  [
    'gzip without a time',
    Buffer.concat([gzipSync('weights'), Buffer.alloc(600_000)]),
    'a gzip file: unpack it first with gunzip',
  ],
  ['a zip file', zip('weights.safetensors'), 'a zip file: unpack it first'],
  ['HDF5', latin1('\x89HDF\r\n\x1a\n\0'), `HDF5, as of Keras: ${KERAS}`],
  ['a Keras file', zip('metadata.json'), `a Keras file: ${KERAS}`],
  [
    'a NumPy array',
    latin1('\x93NUMPY\x01\0v\0'),
    'a NumPy array: save it with save_file of safetensors.numpy in Python',
  ],
  [
    'a NumPy archive',
    zip('weight.npy'),
    'a NumPy archive: save its arrays with save_file of safetensors.numpy in Python',
  ],
  ['GGUF', latin1('GGUF\x03\0\0\0'), 'GGUF: take the safetensors file of the same network'],
  [
    'ONNX',
    latin1('\x08\x08\x12\x07pytorch\x1a\x05'),
    'an ONNX model: take the weights that it was exported from',
  ],
  ['an empty file', new Uint8Array(0), 'an empty file: fetch or write it again'],
])('%s is refused by its first bytes', async (_, bytes, got) => {
  writeFileSync(file, bytes);
  const error = inputError(`${file}: expected a safetensors file, got ${got}`);
  const use = () => Promise.resolve('opened');
  await expect(withSafetensors(file, use)).rejects.toThrow(error);
  expect(() => decodeSafetensors(bytes, file)).toThrow(error);
  await expect(loadWeights(file, { w: variable(zeros([2])) })).rejects.toThrow(
    inputError(`${file}: expected a safetensors or PyTorch file, got ${got}`),
  );
});

test.each<[string, Uint8Array, string, string]>([
  ['torch.save', zip('archive/data.pkl'), 'a PyTorch file', CUT],
  // The first 8 bytes of this file would be a valid length of a header in a file of more than 67
  // MB.
  ['torch.save without flags', zip('m/data.pkl', [0, 0]), 'a PyTorch file', CUT],
  // The first bytes of torch.save(..., _use_new_zipfile_serialization=False) of PyTorch 2.13.
  [
    'the old torch.save',
    Buffer.concat([Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de903', 'hex'), zip('x')]),
    'a pickle, as of PyTorch',
    'the pickle has the instruction PERSID, which torch.save does not write',
  ],
  ['a pickle', latin1('\x80\x04\x95\0\0\0\0\0\0\0\0}'), 'a pickle, as of PyTorch', PROTOCOL],
])('%s is not a safetensors file; as weights it is read', async (_, bytes, got, problem) => {
  writeFileSync(file, bytes);
  const error = inputError(`${file}: expected a safetensors file, got ${got}: ${TORCH}`);
  await expect(withSafetensors(file, () => Promise.resolve('opened'))).rejects.toThrow(error);
  expect(() => decodeSafetensors(bytes, file)).toThrow(error);
  await expect(loadWeights(file, { w: variable(zeros([2])) })).rejects.toThrow(
    inputError(`${file}: ${problem}`),
  );
});

test('a header whose length begins like gzip, a pickle, zip or ONNX is read', () => {
  for (const length of [0x088b1f, 0x7d0280, 0x280, 0x120808]) {
    const tensors = { w: { dtype: 'F32', shape: [1], data: Float32Array.of(7) } } as const;
    const whole = encodeSafetensors(tensors);
    const json = Number(new DataView(whole.buffer).getBigUint64(0, true));
    const bytes = new Uint8Array(8 + length + 4).fill(0x20);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
    bytes.set(whole.subarray(8, 8 + json), 8);
    bytes.set(whole.subarray(8 + json), 8 + length);
    expect(decodeSafetensors(bytes, 'w').tensors).toEqual({ w: tensors.w });
  }
});
