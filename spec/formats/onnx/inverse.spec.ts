import { join } from 'node:path';
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

/** An export of an imported export gives the same file. */

/** Networks with boxes whose formulas cannot be imported, and the operator that is refused. */
const ONE_WAY = { lenet5: 'Sub', 'hubel-wiesel': 'Sub', neocognitron: 'Mul' };
/** Lenet1's weight of each map is imported as a formula, which transposes the images elsewhere. */
const OTHER = ['lenet1'];
/** Deeper forms of other networks, with the same boxes. */
const DEEPER = ['vgg19', 'resnet34', 'resnet101', 'resnet152', 'squeezenet-1.0'];

beforeAll(() => useBackend('cpu'));

const built = (name: string) => {
  const { build, narrow } = SCALED[name];
  const { width, inputShape } = narrow;
  return { network: build({ rng: new Rng(0), width, inputShape }), inputShape };
};

const left = [...Object.keys(ONE_WAY), ...OTHER, ...DEEPER];

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

test.each(Object.entries(ONE_WAY))('%s is refused by its operator %s', async (name, op) => {
  const { network, inputShape } = built(name);
  const bytes = await bytesOf(toOnnx(network, { inputShape }));
  await expect(loadOnnx(bytes)).rejects.toThrow(`(${op}, opset 17)`);
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
