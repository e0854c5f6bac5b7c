import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networksFor } from '../../cli/networksFor.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
const at = (name: string) => join(folder, `${name}.safetensors`);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-networks-'));
  await saveWeights(at('lenet'), {}, { network: 'lenet' });
  await saveWeights(at('own'), {}, { network: 'net.ts' });
  await saveWeights(at('bare'), {}, {});
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a network replaces that of a single file, and none only where it is needed', async () => {
  expect(await networksFor([at('lenet')], 'net.ts')).toEqual(['net.ts']);
  expect(await networksFor([at('lenet'), at('own')], undefined)).toEqual([undefined, undefined]);
  const files = [at('lenet'), at('own'), 'net.onnx', at('bare')];
  expect(await networksFor(files, 'net.ts')).toEqual([undefined, 'net.ts', undefined, 'net.ts']);
});

test('a network that no weights need is refused', async () => {
  await expect(networksFor([at('lenet'), 'net.onnx'], 'net.ts')).rejects.toEqual(
    inputError(
      `--network: expected weights that do not name their network, got ${at('lenet')}, net.onnx: leave it out`,
    ),
  );
});
