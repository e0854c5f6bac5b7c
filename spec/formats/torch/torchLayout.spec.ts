import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tensor, transpose } from '@tensorflow/tfjs-core';
import {
  BatchNorm,
  Conv2D,
  ConvTranspose2D,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GroupNorm,
  init,
  LayerNorm,
  Linear,
  PReLU,
  ReLU,
  Rng,
  Sequential,
  useBackend,
} from '../../../index.ts';
import { decodeSafetensors } from '../../../formats/safetensors/safetensors.ts';
import { torchLayout } from '../../../formats/torch/torchLayout.ts';
import { loadWeights, saveWeights } from '../../../formats/safetensors/weights.ts';
import { expectAllClose } from '../../support/compare.ts';
import { inputError } from '../../support/inputError.ts';

/** The network of make_weight_fixtures.py, which stores PyTorch's output for an image. */
const build = () => {
  const draw = { init: init.zeros, rng: new Rng(0) };
  return new Sequential([
    new Conv2D(3, 4, [3, 2], { stride: [1, 2], padding: [1, 0], ...draw }),
    new BatchNorm(4),
    new PReLU(4),
    new Conv2D(4, 8, 3, { groups: 2, bias: false, ...draw }),
    new DepthwiseConv2D(8, 3, { padding: 1, ...draw }),
    new ConvTranspose2D(8, 6, [2, 3], { stride: 2, groups: 2, ...draw }),
    new GroupNorm(3, 6),
    new Flatten(),
    new Dropout(),
    new Linear(6 * 8 * 7, 5, draw),
    new ReLU(),
    new Linear(5, 4, draw),
  ]);
};
const inputShape = [6, 10, 3];
const file = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/weights/${name}`, import.meta.url));
const decode = async (name: string) => decodeSafetensors(await readFile(name), name).tensors;

describe('torchLayout', () => {
  beforeAll(() => useBackend('cpu'));

  test.each([
    ['tiny.safetensors', 1e-5],
    // A bfloat16 has 8 significant bits, so each weight has a relative error of up to 2^-9, and a
    // few errors add up.
    ['tiny.bfloat16.safetensors', 3e-2],
  ])('PyTorch’s weights of %s give PyTorch’s output', async (name, tolerance) => {
    const network = build();
    const layout = torchLayout(network, inputShape);
    await loadWeights(file(name), { ...network.params, ...network.buffers }, layout);
    const { image, output } = await decode(file('tiny.values.safetensors'));
    const given = tensor(Float32Array.from(image.data as Float32Array), [...image.shape]);
    const values = [...(output.data as Float32Array)];
    expectAllClose(
      network.infer(transpose(given, [0, 2, 3, 1])),
      { shape: output.shape, values },
      'output',
      tolerance,
    );
  });

  test('weights are written back as they were read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boxprop-torch-'));
    const network = build();
    const layout = torchLayout(network, inputShape);
    const tensors = { ...network.params, ...network.buffers };
    await loadWeights(file('tiny.safetensors'), tensors, layout);
    await saveWeights(join(folder, 'again'), tensors, {}, layout);
    const { '1.num_batches_tracked': _counter, ...theirs } = await decode(file('tiny.safetensors'));
    expect({ ...(await decode(join(folder, 'again'))) }).toEqual(theirs);
    await rm(folder, { recursive: true });
  });

  test('a wrong shape is reported in the layout of the file', async () => {
    const network = new Sequential([
      new Conv2D(3, 4, [3, 3], { init: init.zeros, rng: new Rng(0) }),
    ]);
    const name = file('tiny.safetensors');
    const names = ['1.bias', '1.running_mean', '1.running_var', '1.weight', '11.bias', '11.weight'];
    const rest = [...names, '2.weight', '3.weight', '4.bias', '4.weight', '5.bias', '5.weight'];
    const last = [...rest, '6.bias', '6.weight', '9.bias', '9.weight'];
    await expect(
      loadWeights(name, network.params, torchLayout(network, inputShape)),
    ).rejects.toThrow(
      expect.objectContaining({
        name: 'InputError',
        message: expect.stringMatching(
          /^[^\n]*"0.weight": expected shape \[4, 3, 3, 3\], got \[4, 3, 3, 2\]; [^\n]*$/,
        ) as string,
      }) as Error,
    );
    const message = await loadWeights(name, network.params, torchLayout(network, inputShape)).catch(
      String,
    );
    const unexpected = last.slice(0, 4).map((one) => `"${one}": unexpected; `);
    expect(message).toContain(`${unexpected.join('')}and 12 more are unexpected`);
    expect(message).not.toContain('num_batches_tracked');
  });

  test('refuses a box that PyTorch does not have in this form', () => {
    const network = new Sequential({ norm: new LayerNorm([6, 10, 3]) });
    expect(() => torchLayout(network, inputShape)).toThrow(
      inputError('norm: expected a box that PyTorch has, got LayerNorm'),
    );
  });
});
