import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ones, tensor } from '@tensorflow/tfjs-core';
import { Linear, init, useBackend, type Module } from '../../../index.ts';
import { loadOnnx } from '../../../formats/onnx/onnxFile.ts';
import { loadOnnx as loadBytes } from '../../../formats/onnx/loadOnnx.ts';
import { summarize } from '../../../inspect/index.ts';
import { encoded, floats, network, node, tensorOf, type Content } from '../../support/onnxModel.ts';
import { difference } from '../../support/python.ts';
import { ROOT } from '../../support/runCommand.ts';

const fixture = (name: string) => join(ROOT, 'spec/fixtures/onnx', name);

interface Packed {
  readonly shape: number[];
  readonly values: number[];
}

let folder: string;

beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'boxprop-onnx-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('loadOnnx', () => {
  it.each(['images.onnx', 'external.onnx'])(
    'computes what onnxruntime computes: %s',
    async (name) => {
      const { input, output } = JSON.parse(
        await readFile(fixture('images.json'), 'utf8'),
      ) as Record<'input' | 'output', Packed>;
      const loaded = await loadOnnx(fixture(name));
      const result = loaded.infer(tensor(input.values, input.shape));
      expect(result.shape).toEqual(output.shape);
      expect(difference(result.dataSync(), output.values)).toBeLessThan(1e-6);
    },
  );

  it('names the boxes after the nodes, and the inputs after those of the file', async () => {
    const loaded = await loadOnnx(fixture('images.onnx'));
    expect(loaded.nodes.map(({ name }) => name)).toEqual([
      'features_conv_Conv',
      'features_bn_BatchNormalization',
      'features_relu_Relu',
      'features_pool_MaxPool',
      'Reshape',
      'classifier_Gemm',
    ]);
    expect([loaded.inputs, loaded.outputs]).toEqual(['image', 'classifier_Gemm']);
    expect([loaded.inputShapes, loaded.inputAxes, loaded.outputAxes]).toEqual([
      [[7, 6, 3]],
      [[0, 2, 3, 1]],
      [[0, 1]],
    ]);
    expect(Object.keys(loaded.params)).toHaveLength(6);
    expect(summarize(loaded as Module, [7, 6, 3]).total.parameters).toBe(4 * 18 + 4 + 8 + 48 + 2);
  });

  it('takes a box of the user for an operator', async () => {
    const bytes = network([node('Twice', ['x', 'w'], ['y'])], [tensorOf('w', [1], floats(2))], 'N', 3); // prettier-ignore
    const seen: unknown[] = [];
    const loaded = await loadBytes(bytes, {
      importers: {
        Twice: ({ op, inputs, constants }) => {
          seen.push(op, inputs, constants);
          return new Linear(3, 3, { init: init.values([2, 0, 0, 0, 2, 0, 0, 0, 2]) });
        },
      },
    });
    expect([...loaded.infer(ones([1, 3])).dataSync()]).toEqual([2, 2, 2]);
    expect(seen).toEqual(['Twice', [{ shape: [1, 3] }], [{ dims: [1], values: Float32Array.of(2) }]]); // prettier-ignore
  });

  it('shares the box if two nodes have the same weights', async () => {
    const gemm = (from: string, to: string) => node('Gemm', [from, 'w'], [to]);
    const bytes = network([gemm('x', 'h'), gemm('h', 'y')], [tensorOf('w', [2, 2], floats(1, 2, 3, 4))], 'N', 2); // prettier-ignore
    const loaded = await loadBytes(bytes);
    expect(Object.keys(loaded.params)).toEqual(['Gemm_1.weight']);
    expect([...loaded.infer(ones([1, 2])).dataSync()]).toEqual([4 * 1 + 6 * 3, 4 * 2 + 6 * 4]);
  });

  const w = tensorOf('w', [2, 2], floats(1, 2, 3, 4));
  const gemm = node('Gemm', ['x', 'w'], ['y']);

  it.each<[string, Uint8Array]>([
    [
      'weights: node "Erf_1" (Erf, opset 17): the operator "Erf" is not supported; give a box for it: loadOnnx(file, { importers })',
      network([node('Erf', ['x'], ['y'])], [], 'N', 2),
    ],
    [
      'weights: tensor "w": expected 16 bytes for F32 [2, 2], got 12',
      network([gemm], [tensorOf('w', [2, 2], floats(1, 2, 3))], 'N', 2),
    ],
    [
      'weights: tensor "w": expected 4000000000000 bytes for F32 [1000000, 1000000], got 4',
      network([gemm], [tensorOf('w', [1e6, 1e6], floats(1))], 'N', 2),
    ],
    ['weights: expected each tensor once, got "w" twice', network([gemm], [w, w], 'N', 2)],
    [
      'weights: the file leaves sizes of the input "x" open, [?]: give loadOnnx(file, { inputShape })',
      network([gemm], [w], 'N', 'F'),
    ],
    [
      'weights: node "Gemm_1" (Gemm, opset 17): expected weights that fit its input, got the shape [2, 2]',
      network([gemm], [w], 'N', 3),
    ],
    ['weights: expected an ONNX file with one graph, got 0', encoded([[8, [[2, 17]]]])],
    [
      'weights: expected a graph without a cycle, got one at node "Relu_1"',
      network([node('Relu', ['y'], ['h']), node('Relu', ['h'], ['y'])], [], 'N', 2),
    ],
  ])('%s', async (message, bytes) => {
    await expect(loadBytes(bytes)).rejects.toMatchObject({ message, code: 'input' });
  });

  it('reads the sizes that the file leaves open from inputShape', async () => {
    const bytes = network([node('Relu', ['x'], ['y'])], [], 'N', 3, 'H', 'W');
    const loaded = await loadBytes(bytes, { inputShape: [4, 5, 3] });
    expect(loaded.inputShapes).toEqual([[4, 5, 3]]);
    await expect(loadBytes(bytes, { inputShape: [4, 5, 2] })).rejects.toThrow(
      'weights: expected an inputShape of [?, ?, 3], got [4, 5, 2]',
    );
    await expect(loadBytes(bytes, { inputShap: [1] } as never)).rejects.toThrow(
      'loadOnnx: unknown option inputShap; did you mean inputShape?',
    );
  });

  it.each([
    ['../w.data', 'expected a path inside the folder of the file, with no ..'],
    ['/etc/passwd', 'expected a path inside the folder of the file, with no ..'],
    ['a/../../w.data', 'expected a path inside the folder of the file, with no ..'],
    ['link.data', 'expected a file, got a link'],
    ['none.data', 'cannot be read: ENOENT'],
  ])('refuses external data at %s', async (location, problem) => {
    const external: Content = [
      [1, 2],
      [1, 2],
      [2, 1],
      [8, 'w'],
      [13, [[1, 'location'], [2, location]]],
      [14, 1],
    ]; // prettier-ignore
    const file = join(folder, 'external.onnx');
    await writeFile(file, network([gemm], [external], 'N', 2));
    await writeFile(join(folder, 'w.data'), floats(1, 2, 3, 4));
    await symlink(join(folder, 'w.data'), join(folder, 'link.data')).catch(() => {});
    await expect(loadOnnx(file)).rejects.toThrow(`external data "${location}": ${problem}`);
  });

  it('checks the place of external data against the size of its file', async () => {
    const file = join(folder, 'short.onnx');
    await copyFile(fixture('external.onnx'), file);
    await writeFile(join(folder, 'external.data'), floats(1, 2));
    await expect(loadOnnx(file)).rejects.toThrow(
      /short\.onnx: tensor "conv\.weight": expected 288 bytes at \d+ of "external\.data", its size is 8/,
    );
  });
});
