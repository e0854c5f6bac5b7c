import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init, LayerNorm, Rng, Sequential, useBackend } from '../../index.ts';
import type { AnyModule } from '../../lib/module.ts';
import type { FileLayout } from '../../formats/safetensors/fileLayout.ts';
import { torchLayout } from '../../formats/torch/torchLayout.ts';
import { decodeSafetensors, encodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import {
  loadTrainedNetwork,
  networkNameOf,
  readWeightsHeader,
} from '../../models/loadTrainedNetwork.ts';
import { lenet, resnet18 } from '../../models/index.ts';
import { torchvisionLayout } from '../../models/torchvision/layout.ts';
import { fill, memory } from '@tensorflow/tfjs-core';
import { numbers } from '../support/compare.ts';
import { torchFile, torchTensors } from '../support/torchFile.ts';

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-trained-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const inputShape = [32, 32, 3] as const;
const build = (initial: typeof init.zeros) =>
  resnet18({ rng: new Rng(0), init: initial, width: 1 / 32, classes: 3 });

/** Writes a network's weights as PyTorch does, under the names of a layout. */
function saveTorch(file: string, network: AnyModule, layout: FileLayout, wrappers: string[] = []) {
  const tensors = torchTensors({ ...network.params, ...network.buffers }, layout);
  writeFileSync(file, torchFile(tensors, wrappers));
}

test('a file of PyTorch with torchvision’s names is recognized and loaded', async () => {
  const file = join(folder, 'resnet.pth');
  const saved = resnet18({ rng: new Rng(3), width: 1 / 32, classes: 3 });
  saveTorch(file, saved, torchvisionLayout('resnet18', saved, inputShape), ['model']);
  const header = await readWeightsHeader(file);
  expect(header).toMatchObject({
    format: 'PyTorch',
    note: 'the weights are those of "model"',
    metadata: new Map(),
  });
  expect(networkNameOf(header)).toBe('resnet18');
  const { network } = await loadTrainedNetwork(file, { build, inputShape });
  for (const [name, param] of Object.entries(network.params))
    expect([name, numbers(param)]).toEqual([name, numbers(saved.params[name])]);
});

test('a file of PyTorch with the names of the boxes has PyTorch’s axes', async () => {
  const file = join(folder, 'lenet.pth');
  const saved = lenet({ rng: new Rng(3), width: 1 / 10 });
  saveTorch(file, saved, torchLayout(saved, [28, 28, 1]));
  const { network } = await loadTrainedNetwork(file, {
    build: (initial) => lenet({ rng: new Rng(0), init: initial, width: 1 / 10 }),
    inputShape: [28, 28, 1],
  });
  for (const [name, param] of Object.entries(network.params))
    expect([name, numbers(param)]).toEqual([name, numbers(saved.params[name])]);
});

test('a box that PyTorch does not have is refused, and nothing is left behind', async () => {
  const file = join(folder, 'norm.pth');
  writeFileSync(file, torchFile({ '0.scale': { shape: [2], data: Float32Array.of(1, 2) } }));
  const before = memory().numTensors;
  const loading = loadTrainedNetwork(file, {
    build: () => new Sequential([new LayerNorm(2)]),
    inputShape: [2],
  });
  await expect(loading).rejects.toThrow('expected a box that PyTorch has, got LayerNorm');
  expect(memory().numTensors).toBe(before);
});

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
