import { fill, type Rank } from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linear, Rng, Sequential, useBackend } from '../../index.ts';
import { requireFiniteWeights } from '../../cli/finiteWeights.ts';
import { entryOfOnnx } from '../../cli/onnxNetwork.ts';
import { encodeModel } from '../../formats/onnx/proto.ts';
import { toOnnx } from '../../formats/onnx/toOnnx.ts';

const folder = mkdtempSync(join(tmpdir(), 'boxprop-finite-'));
beforeAll(() => useBackend('cpu'));
afterAll(() => rmSync(folder, { recursive: true }));

const network = (value: number) => {
  const hidden = new Linear(4, 3, { rng: new Rng(0) });
  hidden.params.bias?.assign(fill<Rank.R1>([3], value));
  return new Sequential({ hidden, scores: new Linear(3, 2, { rng: new Rng(1) }) });
};

test.each([NaN, Infinity, -Infinity])('%d is named by its tensor', async (value) => {
  await expect(requireFiniteWeights('net.onnx', network(value))).rejects.toThrow(
    `net.onnx: hidden.bias: expected finite values, got ${value} at index 0`,
  );
  await requireFiniteWeights('net.onnx', network(3));
});

test('a network from an ONNX file is checked when it is built', async () => {
  const file = join(folder, 'net.onnx');
  const rng = new Rng(0);
  for (const [value, problem] of [
    [1, undefined],
    [NaN, /^\S+net\.onnx: \S+bias: expected finite values, got NaN at index 0$/],
  ] as const) {
    const parts: Uint8Array[] = [];
    for await (const part of encodeModel(toOnnx(network(value), { inputShape: [4] })))
      parts.push(part.slice());
    writeFileSync(file, Buffer.concat(parts));
    const building = entryOfOnnx(file).then((entry) => entry.build({ rng }));
    if (problem === undefined) expect((await building).children()).not.toHaveLength(0);
    else await expect(building).rejects.toThrow(problem);
  }
});
