import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { entryOfOnnx } from '../../cli/onnxNetwork.ts';
import { inUnits } from '../../cli/targetUnits.ts';
import { loadOnnx } from '../../formats/onnx/onnxFile.ts';
import { exportOnnx } from '../../formats/onnx/writeOnnx.ts';
import { Linear, Rng, Sequential, Tanh, useBackend } from '../../index.ts';

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-units-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (output: unknown) => [...(output as Tensor).dataSync()];
const body = (rng = new Rng(1)) =>
  new Sequential([new Linear(3, 4, { rng }), new Tanh(), new Linear(4, 2, { rng })]);

test('a program gets the units, and a command gets the standardized numbers', async () => {
  const file = join(folder, 'houses.onnx');
  const [mean, std] = [
    [200_000, 900],
    [50_000, 300],
  ];
  const targets = { loss: 'euclidean', names: ['price', 'rent'], shape: [2], mean, std } as const;
  const network = body();
  const metadata = { targets: JSON.stringify(targets) };
  await exportOnnx(file, inUnits(network, targets), { inputShape: [3], name: 'houses', metadata });
  const input = tensor([0.5, -1, 2, 1, 0, 0.25], [2, 3]);
  const standardized = numbers(network.infer(input));
  const program = numbers((await loadOnnx(file)).infer(input));
  standardized.forEach((z, i) =>
    expect(program[i] / (std[i % 2] * z + mean[i % 2])).toBeCloseTo(1, 6),
  );
  const entry = await entryOfOnnx(file);
  const own = await entry.build({ rng: new Rng(0) });
  numbers(own.infer(input)).forEach((z, i) => expect(z).toBeCloseTo(standardized[i], 6));
  expect(Object.keys(own.params)).toHaveLength(4);
  // For other targets, the head is the last filter, and not the factors of the units.
  const other = await entry.build({ rng: new Rng(0), classes: 1 });
  expect(other.infer(input).shape).toEqual([2, 1]);
});

test('targets that are not numbers, and none, have no units', () => {
  const network = body();
  expect(inUnits(network)).toBe(network);
  const yes = { loss: 'focal', names: ['garden'], shape: [1] } as const;
  expect(inUnits(network, yes)).toBe(network);
});

test('standardized refuses a file without units', async () => {
  const file = join(folder, 'plain.onnx');
  await exportOnnx(file, new Sequential([body(), new Tanh()]), { inputShape: [3], name: 'plain' });
  await expect(loadOnnx(file, { standardized: true })).rejects.toThrow(
    `${file}: standardized: expected a Mul and an Add of constants at the output, got Tanh`,
  );
});
