import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init, Rng, useBackend } from '../../index.ts';
import { decodeSafetensors, encodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import {
  loadTrainedNetwork,
  networkNameOf,
  readWeightsHeader,
} from '../../models/loadTrainedNetwork.ts';
import { resnet18 } from '../../models/index.ts';
import { torchvisionLayout } from '../../models/torchvision/layout.ts';
import { fill } from '@tensorflow/tfjs-core';
import { numbers } from '../support/compare.ts';

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-trained-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const inputShape = [32, 32, 3] as const;
const build = (initial: typeof init.zeros) =>
  resnet18({ rng: new Rng(0), init: initial, width: 1 / 32, classes: 3 });

test.each(['', 'module.', 'module._orig_mod.'])(
  'weights of torchvision behind the prefix %j are recognized and loaded',
  async (prefix) => {
    const file = join(folder, 'resnet.safetensors');
    const saved = build(init.zeros);
    saved.params['fc.bias'].assign(fill([3], 7));
    const layout = torchvisionLayout('resnet18', saved, inputShape);
    await saveWeights(file, { ...saved.params, ...saved.buffers }, { note: 'n' }, layout);
    const { tensors, metadata } = decodeSafetensors(await readFile(file), file);
    // PyTorch's counters have the prefix too.
    const steps = { dtype: 'I64', shape: [], data: BigInt64Array.of(9n) } as const;
    const all = Object.entries({ ...tensors, 'bn1.num_batches_tracked': steps });
    const wrapped = all.map(([name, tensor]) => [prefix + name, tensor] as const);
    writeFileSync(file, encodeSafetensors(Object.fromEntries(wrapped), metadata));

    expect(networkNameOf(await readWeightsHeader(file))).toBe('resnet18');
    const trained = await loadTrainedNetwork(file, { build, inputShape });
    expect(trained).toMatchObject({ metadata: { note: 'n' }, prefix });
    expect(numbers(trained.network.params['fc.bias'])).toEqual([7, 7, 7]);
    expect(numbers(trained.network.buffers['bn1.runningVar'])).toEqual([1, 1]);
  },
);
