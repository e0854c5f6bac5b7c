import { join } from 'node:path';
import { randomUniform } from '@tensorflow/tfjs-core';
import { useBackend } from '../../../index.ts';
import { Rng } from '../../../lib/rng.ts';
import { toOnnx } from '../../../formats/onnx/toOnnx.ts';
import { loadOnnx } from '../../../formats/onnx/loadOnnx.ts';
import { loadOnnx as loadFile } from '../../../formats/onnx/onnxFile.ts';
import { Sequential } from '../../../modules/container/sequential.ts';
import { MaxPool2D } from '../../../modules/maxPool2d.ts';
import { ROOT } from '../../support/runCommand.ts';
import { SCALED } from '../../support/scaledNetworks.ts';
import { bytesOf } from '../../support/onnxBytes.ts';
import { difference } from '../../support/python.ts';

/** An export of an imported export gives the same file. */

/** Networks with boxes that are imported as the formulas of which they consist. */
const FORMULAS = ['lenet1', 'lenet5', 'hubel-wiesel', 'neocognitron'];
/** Deeper forms of other networks, with the same boxes. */
const DEEPER = ['vgg19', 'resnet34', 'resnet101', 'resnet152', 'squeezenet-1.0'];

beforeAll(() => useBackend('cpu'));

const built = (name: string) => {
  const { build, narrow } = SCALED[name];
  const { width, inputShape } = narrow;
  return { network: build({ rng: new Rng(0), width, inputShape }), inputShape };
};

const left = [...FORMULAS, ...DEEPER];

test.each(Object.keys(SCALED).filter((name) => !left.includes(name)))(
  '%s: the same bytes, and the same names of tensors',
  async (name) => {
    const { network, inputShape } = built(name);
    const first = await bytesOf(toOnnx(network, { inputShape }));
    const imported = await loadOnnx(first);
    const second = await bytesOf(toOnnx(imported, { inputShape }));
    expect(Buffer.compare(first, second)).toBe(0);
    network.dispose();
    imported.dispose();
  },
);

test.each(FORMULAS)('%s: the same outputs', async (name) => {
  const { network, inputShape } = built(name);
  const imported = await loadOnnx(await bytesOf(toOnnx(network, { inputShape })));
  const images = randomUniform([2, ...inputShape], 0, 1, 'float32', 5);
  const [own, other] = [network, imported].map((one) => one.infer(images));
  expect(other.shape).toEqual(own.shape);
  expect(difference(other.dataSync(), own.dataSync())).toBeLessThan(1e-5);
});

test('the names of a file of PyTorch survive', async () => {
  const network = await loadFile(join(ROOT, 'spec/fixtures/onnx/images.onnx'));
  const { nodes, tensors } = toOnnx(network, { inputShape: network.inputShapes[0] });
  expect(nodes.map(({ name }) => name)).toEqual([
    '/features/conv/Transpose',
    '/features/conv/Conv',
    '/features/bn/BatchNormalization',
    '/features/relu/Relu',
    '/features/pool/MaxPool',
    '/Reshape/Transpose',
    '/Reshape/Flatten',
    '/classifier/Gemm',
    'output',
  ]);
  expect(tensors.map(({ info }) => info.name)).toContain('/features/conv.weight');
});

test.each([
  [{ padding: 0, ceilMode: true }, [7, 8, 2]],
  [{ padding: 1, ceilMode: true, stride: [3, 2] as const }, [6, 9, 2]],
])('a max pool %j keeps its options', async (options, inputShape) => {
  const box = new Sequential({ pool: new MaxPool2D(3, { stride: 2, ...options }) });
  const bytes = await bytesOf(toOnnx(box, { inputShape }));
  const imported = await loadOnnx(bytes);
  expect(Buffer.compare(bytes, await bytesOf(toOnnx(imported, { inputShape })))).toBe(0);
});
