import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { saveWeights } from '../../node.ts';
import { lenet } from '../../models/index.ts';
import { Rng, useBackend } from '../../index.ts';
import { readWeightsHeader } from '../../models/loadTrainedNetwork.ts';
import { boxprop, BUILT } from '../support/runCommand.ts';

/** The facts that a network's file states are used by every command, in training and afterwards. */

let folder: string;
let network: string;
const file = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  await useBackend('cpu');
  // Inside the project, so that the network finds boxprop.
  folder = mkdtempSync(join(BUILT, 'spec-'));
  network = file('net.mjs');
  writeFileSync(
    network,
    `import { lenet } from 'boxprop/models';
    export const network = lenet;
    export const inputShape = [28, 28, 1];
    export const labels = ['tall', 'flat', 'dark'];
    export const preprocessing = { shorterSide: 30, interpolation: 'bicubic', mean: [0.5], std: [0.25] };`,
  );
  const rng = new Rng(1);
  for (const part of ['train', 'test'])
    ['dark', 'flat', 'tall'].forEach((kind, k) => {
      mkdirSync(file('photos', part, kind), { recursive: true });
      for (let n = 0; n < 3; n++) {
        const [height, width] = [
          [40, 40],
          [36, 60],
          [60, 36],
        ][k];
        const data = Uint8Array.from(
          { length: 3 * height * width },
          () => 60 * k + rng.integer(60),
        );
        writeFileSync(
          file('photos', part, kind, `${n}.png`),
          encode({ height, width, channels: 3, data }),
        );
      }
    });
});
afterAll(() => rmSync(folder, { recursive: true }));

const CPU = ['--backend', 'cpu'];

test('train, evaluate and classify use shape, labels and preprocessing, without options', () => {
  const out = ['--epochs', '1', '--batch-size', '4', '--no-report', '--out', file('run')];
  const trained = boxprop('train', network, '--data', file('photos'), ...out, ...CPU);
  expect(trained.stderr).toBe('');
  expect(trained.stdout.split('\n')[0]).toBe(
    'training: 9 examples of 3 classes (tall: 3, flat: 3, dark: 3); images resized to a shorter side of 30 (bicubic), and the middle 28x28 cut out',
  );
  expect(JSON.parse(readFileSync(file('run/config.json'), 'utf8'))).toMatchObject({
    shape: [28, 28, 1],
    preprocess: ['resize:30:bicubic', 'normalize:0.5:0.25'],
  });
  const weights = file('run/weights.safetensors');
  const named = ['--network', network, ...CPU];
  const [, accuracy = ''] = /test accuracy (\S+ %)/.exec(trained.stdout) ?? [];
  const evaluated = boxprop('evaluate', weights, '--data', file('photos'), ...named);
  expect(evaluated.stdout).toContain(`accuracy ${accuracy}`);
  // The probability that `classify` prints is that of the image as evaluate reads it.
  const guesses = JSON.parse(
    boxprop('classify', file('photos/test/tall/0.png'), '--weights', weights, ...named, '--json')
      .stdout,
  ) as { label: string; probability: number }[];
  expect(guesses.map(({ label }) => label).sort()).toEqual(['dark', 'flat', 'tall']);
});

test('data of other classes than the labels are refused', () => {
  mkdirSync(file('other/train/bird'), { recursive: true });
  mkdirSync(file('other/train/dark'), { recursive: true });
  const png = encode({ height: 40, width: 40, channels: 1, data: new Uint8Array(1600) });
  for (const kind of ['bird', 'dark']) writeFileSync(file('other/train', kind, 'a.png'), png);
  expect(boxprop('train', network, '--data', file('other'), ...CPU).stderr).toBe(
    `boxprop: ${file('other/train')}: expected folders of the classes tall, flat, dark, got "bird"\n`,
  );
});

test('export writes labels and preprocessing into the ONNX file', async () => {
  const weights = file('plain.safetensors');
  const plain = lenet({ rng: new Rng(2), inputShape: [28, 28, 1], classes: 3 });
  await saveWeights(weights, plain.params, {});
  plain.dispose();
  const onnx = file('net.onnx');
  expect(boxprop('export', network, '--weights', weights, '--onnx', onnx).status).toBe(0);
  const image = file('photos/test/flat/1.png');
  const classify = (from: string, ...more: string[]) =>
    JSON.parse(boxprop('classify', image, '--weights', from, ...more, ...CPU, '--json').stdout) as {
      label: string;
      probability: number;
    }[];
  const [own, other] = [classify(weights, '--network', network), classify(onnx)];
  expect(other.map(({ label }) => label)).toEqual(own.map(({ label }) => label));
  other.forEach(({ probability }, k) => expect(probability).toBeCloseTo(own[k].probability, 5));
  const [a, b] = [[weights, '--network', network], [onnx]].map((args) =>
    boxprop('evaluate', ...args, '--data', file('photos'), ...CPU)
      .stdout.split(': ')
      .slice(1)
      .join(),
  );
  expect(b).toContain('dark');
  expect(b).toBe(a);
  expect((await readWeightsHeader(weights)).metadata.size).toBe(0);
});
