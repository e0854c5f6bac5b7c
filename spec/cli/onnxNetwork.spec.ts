import { join } from 'node:path';
import { ones } from '@tensorflow/tfjs-core';
import { entryOfOnnx } from '../../cli/onnxNetwork.ts';
import { resolveNetwork } from '../../cli/resolveNetwork.ts';
import { loadForData, readWeightsFile } from '../../cli/weightsFile.ts';
import { Rng, useBackend } from '../../index.ts';
import { ROOT } from '../support/runCommand.ts';

const file = join(ROOT, 'spec/fixtures/onnx/images.onnx');

test('the input shape and the classes come from the file, and the weights too', async () => {
  await useBackend('cpu');
  const { inputShape, classes, build } = await resolveNetwork(file);
  expect([inputShape, classes]).toEqual([[7, 6, 3], 2]);
  const network = await build({ rng: new Rng(0) });
  expect(network.infer(ones([4, 7, 6, 3])).shape).toEqual([4, 2]);
  const weights = await readWeightsFile(file);
  expect([weights.name, weights.header.format]).toEqual([file, 'ONNX']);
});

test('data of other classes or sizes, and an architecture, are refused', async () => {
  await useBackend('cpu');
  const { build } = await entryOfOnnx(file);
  const weights = await readWeightsFile(file);
  await expect(loadForData(weights, { inputShape: [7, 6, 3], classes: 5 })).rejects.toThrow(
    `${file}: expected data of its 2 classes, got 5`,
  );
  await expect(readWeightsFile(file, 'lenet')).rejects.toThrow(
    `${file}: expected no other network, because the file holds its own, got "lenet"`,
  );
  await expect(build({ rng: new Rng(0), inputShape: [28, 28, 1] })).rejects.toThrow(
    `${file}: expected an inputShape of [7, 6, 3], got [28, 28, 1]`,
  );
  await expect(resolveNetwork(file, { architecture: { units: 3 } })).rejects.toThrow(
    `${file}: expected no --architecture for an ONNX file, got units`,
  );
});
