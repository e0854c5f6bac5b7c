import '@tensorflow/tfjs-backend-cpu';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, variable, zeros } from '@tensorflow/tfjs-core';
import {
  encodeSafetensors,
  loadWeights,
  openWeights,
  type WeightsSource,
} from '../../../formats/index.ts';
import { InputError } from '../../../lib/errors.ts';
import { serveFolder } from '../../support/serveFolder.ts';
import { torchFile } from '../../support/torchFile.ts';

const BYTES = encodeSafetensors(
  { bias: { dtype: 'F32', shape: [3], data: new Float32Array([1, -0.1, 3]) } },
  { epoch: '3' },
);
const PAGE = new TextEncoder().encode('<!doctype html><p>not here</p>');
const model = () => ({ bias: variable(zeros([3])) });

let folder: string;
let site: Awaited<ReturnType<typeof serveFolder>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-loadWeights-'));
  writeFileSync(join(folder, 'w.safetensors'), BYTES);
  writeFileSync(join(folder, 'page.safetensors'), PAGE);
  site = await serveFolder(folder);
});
afterAll(() => {
  site.close();
  rmSync(folder, { recursive: true });
});

/** The bytes in the middle of a larger buffer, which does not begin at a multiple of 8. */
function inside(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 7).fill(255);
  larger.set(bytes, 3);
  return larger.subarray(3, 3 + bytes.length);
}

const blob = (bytes: Uint8Array) => new Blob([Uint8Array.from(bytes)]);

describe('loadWeights', () => {
  test.each<[string, () => WeightsSource]>([
    ['bytes', () => inside(BYTES)],
    ['a buffer', () => Uint8Array.from(BYTES).buffer],
    ['a Blob', () => blob(BYTES)],
    ['a File', () => new File([blob(BYTES)], 'w.safetensors')],
    ['a URL', () => new URL('w.safetensors', site.url)],
    ['a URL as a string', () => `${site.url}w.safetensors`],
  ])('from %s', async (_, source) => {
    const params = model();
    const before = memory().numTensors;
    expect({ ...(await loadWeights(source(), params)) }).toEqual({ epoch: '3' });
    expect([...params.bias.dataSync()]).toEqual([1, Math.fround(-0.1), 3]);
    expect(memory().numTensors).toBe(before);
  });

  test('from bytes of PyTorch', async () => {
    const params = model();
    const data = Float32Array.of(4, 5, 6);
    await loadWeights(torchFile({ bias: { shape: [3], data } }, ['state_dict']), params);
    expect([...params.bias.dataSync()]).toEqual([4, 5, 6]);
  });

  test('openWeights lists tensors, and reads one', async () => {
    const opened = await openWeights(new File([blob(BYTES)], 'w.safetensors'));
    expect(opened).toMatchObject({ name: 'w.safetensors', format: 'safetensors' });
    const [entry] = opened.entries.values();
    expect(entry).toMatchObject({ name: 'bias', dtype: 'F32', shape: [3] });
    expect((await opened.read(entry)).data).toEqual(Float32Array.of(1, -0.1, 3));
    const missing = opened.read({ ...entry, name: 'other' });
    await expect(missing).rejects.toThrow(
      'w.safetensors: expected a tensor of the file, got "other"',
    );
  });

  test('with the names of another program', async () => {
    const shift = variable(zeros([3]));
    await loadWeights(BYTES, { shift }, { stored: { shift: { name: 'bias', shape: [3] } } });
    expect([...shift.dataSync()]).toEqual([1, Math.fround(-0.1), 3]);
  });

  test.each<[string, () => WeightsSource, string]>([
    ['bytes that are cut', () => BYTES.subarray(0, 20), 'weights: expected'],
    [
      'a File of another format',
      () => new File([PAGE], 'w.safetensors'),
      'w.safetensors: expected a safetensors or PyTorch file, got an HTML page: download the file itself',
    ],
    [
      'a page for a missing file',
      () => `${site.url}page.safetensors`,
      'page.safetensors: expected a safetensors or PyTorch file, got an HTML page: download the file itself',
    ],
    [
      'a URL that does not exist',
      () => `${site.url}none.safetensors`,
      'none.safetensors: cannot be fetched: status 404',
    ],
    [
      'a host that does not answer',
      () => 'http://localhost:1/w.safetensors',
      'http://localhost:1/w.safetensors: cannot be fetched: ',
    ],
    [
      'a path',
      () => 'w.safetensors',
      'loadWeights: expected source to be a URL, a File, a Blob or bytes, got "w.safetensors"; ' +
        'loadWeights of boxprop/node reads a path',
    ],
    [
      'another value',
      () => 3 as never,
      'loadWeights: expected source to be a URL, a File, a Blob or bytes, got 3',
    ],
  ])('refuses %s', async (_, source, message) => {
    const error: unknown = await loadWeights(source(), model()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    const { message: text } = error as InputError;
    expect(text).not.toMatch(/\n/);
    expect(text.replace(site.url, '').slice(0, message.length)).toBe(message);
  });

  test('reads only the tensors that it needs from a File', async () => {
    const bytes = encodeSafetensors({
      bias: { dtype: 'F32', shape: [3], data: new Float32Array([1, 2, 3]) },
      unused: { dtype: 'F32', shape: [1000], data: new Float32Array(1000) },
    });
    const file = new File([blob(bytes)], 'w.safetensors');
    let read = 0;
    const slice = file.slice.bind(file);
    file.slice = (from, to) => {
      const part = slice(from, to);
      read += part.size;
      return part;
    };
    await loadWeights(file, model(), { stored: {}, ignored: /^unused$/ });
    expect(read).toBeLessThan(1000);
  });
});
