import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose } from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { useBackend } from '../../index.ts';
import type { Dataset } from '../../data/index.ts';
import { loadImageFolder } from '../../node.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
let made = 0;

beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const all = async (data: Dataset) => {
  const { input, labels } = await data.batch(Int32Array.from({ length: data.length }, (_, i) => i));
  const found = { values: Array.from(input.dataSync()), labels: Array.from(labels.dataSync()) };
  dispose([input, labels]);
  return found;
};

describe('loadImageFolder', () => {
  type Files = Record<
    string,
    Record<string, [height: number, width: number, value: number] | string>
  >;
  const images = (classes: Files) => {
    const directory = join(folder, `images${made++}`);
    mkdirSync(directory);
    for (const [name, files] of Object.entries(classes)) {
      mkdirSync(join(directory, name));
      for (const [file, what] of Object.entries(files)) {
        if (typeof what === 'string') writeFileSync(join(directory, name, file), what);
        else {
          const [height, width, value] = what;
          const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => value + (i % 3));
          writeFileSync(join(directory, name, file), encode({ height, width, channels: 3, data }));
        }
      }
    }
    return directory;
  };

  it('reads one folder per class, in the order of the names', async () => {
    const directory = images({
      dog: { 'b.png': [2, 1, 30], 'a.png': [2, 1, 20], '.DS_Store': 'x' },
      cat: { 'z.png': [2, 1, 10] },
    });
    writeFileSync(join(directory, 'README'), 'beside the folders');
    const data = await loadImageFolder(directory);
    expect(data).toMatchObject({
      length: 3,
      classes: 2,
      inputShape: [2, 1, 3],
      classNames: ['cat', 'dog'],
    });
    const { values, labels } = await all(data);
    expect(labels).toEqual([0, 1, 1]);
    const bytes = values.map((value) => Math.round(255 * value));
    expect(bytes).toEqual(
      [10, 20, 30].flatMap((value) => [0, 1, 2, 0, 1, 2].map((c) => value + c)),
    );
  });

  it('resizes to a shape, and converts to grey', async () => {
    const directory = images({ one: { 'a.png': [4, 6, 90], 'b.png': [3, 3, 60] } });
    const data = await loadImageFolder(directory, {
      inputShape: [2, 3, 1],
      classNames: ['zero', 'one'],
    });
    const { values, labels } = await all(data);
    expect(labels).toEqual([1, 1]);
    // Green is 1 and blue is 2 above red, so the luma is 0.587 · 1 + 0.114 · 2 above red, rounded.
    expect(values.map((value) => Math.round(255 * value))).toEqual([
      ...Array<number>(6).fill(91),
      ...Array<number>(6).fill(61),
    ]);
  });

  it.each([
    [{}, {}, 'DIR: expected a folder of images for each class, got none'],
    [{ cat: {} }, {}, 'DIR/cat: expected images, got none'],
    [
      { cat: { 'a.png': [1, 2, 0] }, dog: { 'b.png': [2, 2, 0] } },
      {},
      'DIR/dog/b.png: expected 1x2 pixels like the first image, got 2x2; set a shape to resize to',
    ],
    [
      { cat: { 'a.png': [1, 1, 0], 'n.jpg': 'text' } },
      {},
      'DIR/cat/n.jpg: expected a PNG, JPEG, WebP, TIFF or GIF image, got other bytes',
    ],
    [
      { cow: { 'a.png': [1, 1, 0] } },
      { classNames: ['cat', 'dog'] },
      'DIR: expected folders of the classes cat, dog, got "cow"',
    ],
    [
      { cat: { 'a.png': [1, 1, 0] } },
      { inputShape: [1, 1, 2] },
      'expected a shape of 1 or 3 channels for images, got 2',
    ],
  ] as [Files, object, string][])('refuses %j', async (classes, options, message) => {
    const directory = images(classes);
    await expect(loadImageFolder(directory, options)).rejects.toThrow(
      inputError(message.replace('DIR', directory)),
    );
  });

  it('refuses a missing folder', async () => {
    const directory = join(folder, 'nothing');
    await expect(loadImageFolder(directory)).rejects.toThrow(
      inputError(`${directory}: cannot be read: ENOENT: no such file or directory`),
    );
  });
});
