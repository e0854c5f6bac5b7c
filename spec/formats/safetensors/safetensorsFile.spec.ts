import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
} from '../../../formats/safetensors/safetensors.ts';
import { withSafetensors } from '../../../formats/safetensors/safetensorsFile.ts';
import { inputError } from '../../support/inputError.ts';

describe('withSafetensors', () => {
  let folder = '';
  let file = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boxprop-safetensors-'));
    file = join(folder, 'w.safetensors');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const sample = () =>
    encodeSafetensors(
      {
        a: { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
        b: { dtype: 'I64', shape: [], data: BigInt64Array.of(-5n) },
        empty: { dtype: 'U8', shape: [0], data: new Uint8Array(0) },
        __proto__x: { dtype: 'U8', shape: [3], data: Uint8Array.of(7, 8, 9) },
      },
      { note: 'é' },
    );

  const readAll = (from: string): Promise<Safetensors> =>
    withSafetensors(from, async ({ entries, metadata, read }) => {
      const tensors = Object.create(null) as Record<string, Safetensors['tensors'][string]>;
      for (const [name, entry] of entries) tensors[name] = await read(entry);
      return { tensors, metadata: Object.fromEntries(metadata) };
    });

  it('reads the tensors one by one, in any order', async () => {
    await writeFile(file, sample());
    await withSafetensors(file, async ({ entries, metadata, read }) => {
      const entryOf = (name: string) => [...entries.values()].find((entry) => entry.name === name)!;
      expect(await read(entryOf('__proto__x'))).toEqual({
        dtype: 'U8',
        shape: [3],
        data: Uint8Array.of(7, 8, 9),
      });
      expect((await read(entryOf('a'))).data).toEqual(Float32Array.of(1, 2, 3, 4));
      expect((await read(entryOf('a'))).data).toEqual(Float32Array.of(1, 2, 3, 4));
      expect((await read(entryOf('empty'))).data).toHaveLength(0);
      expect([...metadata]).toEqual([['note', 'é']]);
    });
  });

  it('gives the same result or error as decodeSafetensors for any file', async () => {
    const intact = sample();
    const damage = fc.array(fc.tuple(fc.nat(intact.length), fc.nat(255)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(intact.length + 3), async (changes, length) => {
        const bytes = new Uint8Array(length > intact.length - 3 ? length : intact.length);
        bytes.set(intact.subarray(0, bytes.length));
        for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
        await writeFile(file, bytes);
        let expected: unknown;
        try {
          const { tensors, metadata } = decodeSafetensors(bytes, file);
          expected = { tensors, metadata: { ...metadata } };
        } catch (error) {
          expected = String(error);
        }
        expect(await readAll(file).catch(String)).toEqual(expected);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('allocates nothing for a header that is longer than the file', async () => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, 99_999_999n, true);
    await writeFile(file, bytes);
    await expect(readAll(file)).rejects.toThrow(
      inputError(`${file}: expected a header of 99999999 bytes, the file ends after 16`),
    );
  });

  it('notices a file that is truncated while it is read', async () => {
    await writeFile(file, sample());
    await expect(
      withSafetensors(file, async ({ entries, read }) => {
        await truncate(file, sample().length - 20);
        for (const entry of entries.values()) await read(entry);
      }),
    ).rejects.toThrow(
      inputError(`${file}: expected ${sample().length} bytes, the file was cut while it was read`),
    );
  });

  it('names a path that cannot be read or is not a file', async () => {
    await expect(readAll(file)).rejects.toThrow(
      inputError(`${file}: cannot be read: ENOENT: no such file or directory`),
    );
    await mkdir(file);
    await expect(readAll(file)).rejects.toThrow(
      inputError(`${file}: expected a file, got a folder`),
    );
    if (process.platform === 'win32') return;
    await expect(readAll('/dev/null')).rejects.toThrow(
      inputError('/dev/null: expected a file, got a device'),
    );
  });
});
