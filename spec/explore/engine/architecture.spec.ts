import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { Architecture, NETWORKS } from '../../../explore/engine/architecture.ts';
import { zeros } from '../../../lib/init/initializers.ts';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import { Rng } from '../../../lib/rng.ts';
import { summarize } from '../../../inspect/summary/summarize.ts';
import { networks } from '../../../models/networks.ts';
import { ROOT } from '../../support/runCommand.ts';

beforeAll(() => useBackend('float64'));

test('lists the boxes as `boxprop summary` does, without drawing weights', async () => {
  const { inputShape, build } = networks.resnet20;
  const network = build({ rng: new Rng(0), init: zeros, inputShape });
  const expected = summarize(network, inputShape);
  network.dispose();
  const resnet20 = await Architecture.open('resnet20');
  expect(resnet20.summary.summary).toEqual(expected);
  resnet20.dispose();
});

test.each(NETWORKS.map(({ name }) => [name]))(
  '%s: its boxes and the field of a unit',
  async (name) => {
    const before = memory().numTensors;
    const heap = process.memoryUsage().arrayBuffers;
    const network = await Architecture.open(name);
    const { rows, inputShape, total } = network.summary.summary;
    expect(total.parameters).toBeGreaterThan(0);
    for (const { name: path, outputShape } of [rows[0], rows[rows.length - 1]]) {
      const { span, outputShape: shape } = network.fieldOf(path, [0, 0]);
      expect(shape).toEqual(outputShape);
      expect(span).toHaveLength(inputShape.length);
    }
    expect(process.memoryUsage().arrayBuffers - heap).toBeLessThan(2 ** 25);
    network.dispose();
    expect(memory().numTensors).toBe(before);
  },
);

test("a unit of AlexNet's first filters sees 11x11 pixels, four further for its neighbour", async () => {
  const alexnet = await Architecture.open('alexnet');
  expect(alexnet.fieldOf('conv1', [0, 0]).span).toEqual([
    [0, 10],
    [0, 10],
    [0, 2],
  ]);
  expect(alexnet.fieldOf('conv1', [54, 1]).span).toEqual([
    [216, 226],
    [4, 14],
    [0, 2],
  ]);
  expect(alexnet.fieldOf('fc6', [0, 0]).span).toEqual([
    [0, 226],
    [0, 226],
    [0, 2],
  ]);
  alexnet.dispose();
});

test('a network that does not exist', async () => {
  await expect(Architecture.open('lenett')).rejects.toThrow(
    /^expected a network, one of lenet, .* got "lenett"$/,
  );
});

test('the network of an ONNX file, and the check of its gradients', async () => {
  const bytes = readFileSync(join(ROOT, 'spec/fixtures/onnx/images.onnx'));
  const before = memory().numTensors;
  const network = await Architecture.open(
    `data:application/octet-stream;base64,${bytes.toString('base64')}#net.onnx`,
  );
  expect(network.summary).toMatchObject({ hasWeights: true, summary: { inputShape: [7, 6, 3] } });
  expect(network.fieldOf('features_conv_Conv', [0, 0]).outputShape).toHaveLength(3);
  const results = await network.check();
  expect(results.filter(({ pass }) => !pass)).toEqual([]);
  expect(results.map(({ name }) => name)).toContain('features_conv_Conv > Conv2D');
  network.dispose();
  expect(memory().numTensors).toBe(before);
});
