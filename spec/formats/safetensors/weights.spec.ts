import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, scalar, tensor1d, tensor2d, variable, zeros } from '@tensorflow/tfjs-core';
import { inputError } from '../../support/inputError.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../formats/safetensors/safetensors.ts';
import { loadWeights, saveWeights } from '../../../formats/safetensors/weights.ts';

describe('weights', () => {
  let folder = '';
  let file = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boxprop-weights-'));
    file = join(folder, 'w.safetensors');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const zeroModel = () => ({ weight: variable(zeros([2, 3])), bias: variable(zeros([2])) });

  it('are loaded bit for bit, with the metadata and without a leak', async () => {
    const values = [1 / 3, -0, 1e-45, 3.4e38, -7, Math.fround(Math.PI)];
    await saveWeights(
      file,
      { weight: tensor2d(values, [2, 3]), bias: tensor1d([5, 6]), gain: scalar(2) },
      { epoch: '3' },
    );
    const model = { ...zeroModel(), gain: variable(scalar(0)) };
    const before = memory();
    expect({ ...(await loadWeights(file, model)) }).toEqual({ epoch: '3' });
    expect([...model.weight.dataSync()]).toEqual(values.map(Math.fround));
    expect([...model.bias.dataSync()]).toEqual([5, 6]);
    expect([...model.gain.dataSync()]).toEqual([2]);
    expect(memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  });

  it('are saved as they are at the call, even if the variable changes meanwhile', async () => {
    const model = zeroModel();
    const saved = saveWeights(file, model);
    model.bias.assign(tensor1d([8, 9]));
    await saved;
    await loadWeights(file, model);
    expect([...model.bias.dataSync()]).toEqual([0, 0]);
  });

  it('leak no tensor when they are saved, or when saving fails', async () => {
    const model = zeroModel();
    const before = memory().numTensors;
    await saveWeights(file, model);
    await saveWeights(join(folder, 'nowhere', 'w'), model).catch(() => undefined);
    await saveWeights(file, { ...model, n: tensor1d([1], 'int32') }).catch(() => undefined);
    expect(memory().numTensors).toBe(before + 1);
  });

  it('can have other names and layouts in a file of another program', async () => {
    const model = {
      weight: variable(tensor2d([1, 2, 3, 4, 5, 6], [2, 3])),
      bias: variable(tensor1d([7, 8])),
    };
    const layout = {
      stored: { weight: { name: 'w.T', shape: [3, 2], order: [1, 0] } },
      ignored: /^steps$/,
    };
    await saveWeights(file, model, {}, layout);
    const { tensors } = decodeSafetensors(await readFile(file), 'f');
    expect(tensors['w.T']).toEqual({
      dtype: 'F32',
      shape: [3, 2],
      data: Float32Array.of(1, 4, 2, 5, 3, 6),
    });
    const steps = { dtype: 'I64', shape: [], data: BigInt64Array.of(9n) } as const;
    await writeFile(file, encodeSafetensors({ ...tensors, steps }));
    const again = zeroModel();
    await loadWeights(file, again, layout);
    expect([...again.weight.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...again.bias.dataSync()]).toEqual([7, 8]);
    await expect(loadWeights(file, again)).rejects.toThrow(
      inputError(`${file}: "weight": missing; "steps": unexpected; "w.T": unexpected`),
    );
  });

  it('give a readable error if a name in the file is very long', async () => {
    const name = 'n'.repeat(1e6);
    await writeFile(
      file,
      encodeSafetensors({ [name]: { dtype: 'U8', shape: [0], data: new Uint8Array(0) } }),
    );
    await expect(loadWeights(file, {})).rejects.toThrow(
      inputError(`${file}: "${'n'.repeat(60)}"...: unexpected`),
    );
  });

  const numbers = (...names: string[]) =>
    encodeSafetensors(
      Object.fromEntries(
        names.map((name, i) => [
          name,
          { dtype: 'F32' as const, shape: [2], data: Float32Array.of(i, 7) },
        ]),
      ),
    );
  const vectors = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, variable(zeros([2]))]));

  it('the error names the first few of each kind, and counts the others', async () => {
    const named = (start: string) => Array.from({ length: 2003 }, (_, i) => `${start}${i + 1000}`);
    await writeFile(file, numbers(...named('other')));
    await expect(loadWeights(file, vectors(...named('mine')))).rejects.toThrow(
      inputError(
        `${file}: "mine1000": missing; "mine1001": missing; "mine1002": missing; ` +
          '"mine1003": missing; and 1999 more; "other1000": unexpected; "other1001": unexpected; ' +
          '"other1002": unexpected; "other1003": unexpected; and 1999 more are unexpected',
      ),
    );
  });

  it('the error suggests a similar name of the same shape', async () => {
    await writeFile(file, numbers('fc.wieght', 'fc.bais'));
    const model = { 'fc.weight': variable(zeros([2])), 'fc.bias': variable(zeros([1, 2])) };
    await expect(loadWeights(file, model)).rejects.toThrow(
      inputError(
        `${file}: "fc.weight": missing, perhaps it is "fc.wieght"; "fc.bias": missing; ` +
          '"fc.bais": unexpected; "fc.wieght": unexpected',
      ),
    );
  });

  it.each(['module.', '_orig_mod.', 'model.', 'state_dict.', 'module._orig_mod.'])(
    'are found behind the prefix %s of a wrapper',
    async (prefix) => {
      await writeFile(file, numbers(`${prefix}bias`, `${prefix}model.weight`));
      const params = vectors('model.weight', 'bias');
      await loadWeights(file, params);
      expect([...params['model.weight'].dataSync()]).toEqual([1, 7]);
      expect([...params.bias.dataSync()]).toEqual([0, 7]);
    },
  );

  it('keep a prefix that the network has as well, or that only some names have', async () => {
    await writeFile(file, numbers('model.a', 'model.b'));
    const own = vectors('model.a', 'model.b');
    await loadWeights(file, own);
    expect([...own['model.b'].dataSync()]).toEqual([1, 7]);
    await writeFile(file, numbers('model.model.b', 'model.model.a'));
    await loadWeights(file, own);
    expect([...own['model.b'].dataSync()]).toEqual([0, 7]);
    await writeFile(file, numbers('model.a', 'b'));
    await expect(loadWeights(file, vectors('a', 'b'))).rejects.toThrow(
      inputError(`${file}: "a": missing; "model.a": unexpected`),
    );
  });

  it('can be half or double precision in the file', async () => {
    const half = encodeSafetensors({
      b: { dtype: 'I16', shape: [2], data: Int16Array.of(0x3e00, -0x4000) },
    });
    const bytes = Buffer.from(Buffer.from(half).toString('latin1').replace('I16', 'F16'), 'latin1');
    const model = { b: variable(zeros([2])) };
    await writeFile(file, bytes);
    await loadWeights(file, model);
    expect([...model.b.dataSync()]).toEqual([1.5, -2]);
    await writeFile(
      file,
      encodeSafetensors({ b: { dtype: 'F64', shape: [2], data: Float64Array.of(0.1, 2) } }),
    );
    await loadWeights(file, model);
    expect([...model.b.dataSync()]).toEqual([Math.fround(0.1), 2]);
  });

  it.each([NaN, Infinity, -Infinity])(
    'are refused with %p, and the error names the tensor',
    async (value) => {
      await saveWeights(file, {
        weight: tensor2d([
          [1, 2, 3],
          [4, value, 6],
        ]),
        bias: zeros([2]),
      });
      await expect(loadWeights(file, zeroModel())).rejects.toThrow(
        inputError(
          `${file}: tensor "weight": expected finite values, got ${value} at index 4, ` +
            'so the training that wrote it had diverged',
        ),
      );
    },
  );

  it('are refused in double precision beyond single precision', async () => {
    const bias = { dtype: 'F64', shape: [2], data: Float64Array.of(1, 1e300) } as const;
    await writeFile(file, encodeSafetensors({ bias }));
    await expect(loadWeights(file, { bias: variable(zeros([2])) })).rejects.toThrow(
      inputError(
        `${file}: tensor "bias": expected finite values, got 1e+300 at index 1, which single precision cannot hold`,
      ),
    );
  });

  it('the error names every mismatch, and nothing is loaded', async () => {
    const ones = (length: number) => new Float32Array(length).fill(1);
    await writeFile(
      file,
      encodeSafetensors({
        good: { dtype: 'F32', shape: [2], data: ones(2) },
        weight: { dtype: 'F32', shape: [3, 2], data: ones(6) },
        steps: { dtype: 'I32', shape: [1], data: Int32Array.of(1) },
        scale: { dtype: 'F32', shape: [1], data: ones(1) },
        toString: { dtype: 'F32' as const, shape: [1], data: ones(1) },
        count: { dtype: 'F32', shape: [1], data: ones(1) },
      }),
    );
    const model = {
      good: variable(zeros([2])),
      ...zeroModel(),
      steps: variable(zeros([1])),
      count: variable(tensor1d([0], 'int32')),
    };
    await expect(loadWeights(file, model)).rejects.toThrow(
      inputError(
        `${file}: "weight": expected shape [2, 3], got [3, 2]; "bias": missing; ` +
          '"steps": expected floating-point weights, got I32; "count": expected a float32 variable, got int32; ' +
          '"scale": unexpected; "toString": unexpected',
      ),
    );
    expect(Object.values(model).flatMap((param) => [...param.dataSync()])).toEqual(
      Array(12).fill(0),
    );
  });

  it('the error names a missing or damaged file, and nothing is loaded', async () => {
    const model = zeroModel();
    await expect(loadWeights(file, model)).rejects.toThrow(
      inputError(`${file}: cannot be read: ENOENT: no such file or directory`),
    );
    await writeFile(file, 'PK');
    await expect(loadWeights(file, model)).rejects.toThrow(
      inputError(`${file}: expected at least 8 bytes, the file ends after 2`),
    );
  });

  it('are saved only if they are float32, and only into an existing folder', async () => {
    await expect(saveWeights(file, { n: tensor1d([1], 'int32') })).rejects.toThrow(
      inputError(`${file}: tensor "n": expected float32, got int32`),
    );
    const nowhere = join(folder, 'nowhere', 'w.safetensors');
    await expect(saveWeights(nowhere, zeroModel())).rejects.toThrow(
      inputError(`${nowhere}: cannot be written: ENOENT: no such file or directory`),
    );
  });
});
