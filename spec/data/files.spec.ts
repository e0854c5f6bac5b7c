import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose } from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { useBackend } from '../../index.ts';
import type { Dataset } from '../../data/index.ts';
import { loadCsv, loadImageFolder } from '../../node.ts';
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

describe('loadCsv', () => {
  const csv = (text: string) => {
    const file = join(folder, `${made++}.csv`);
    writeFileSync(file, text);
    return file;
  };

  it('reads numbers and classes, quoted or not, whatever the line ends', async () => {
    const file = csv('\uFEFFa,label,"b, c"\r\n1,dog,-2.5e1\r\n"3",cat,.5\r\n\r\n4,dog,0\r\n');
    const data = await loadCsv(file, { scale: 0.5 });
    expect(data).toMatchObject({
      name: file,
      length: 3,
      classes: 2,
      inputShape: [1, 1, 2],
      classNames: ['cat', 'dog'],
    });
    expect(await all(data)).toEqual({ values: [0.5, -12.5, 1.5, 0.25, 2, 0], labels: [1, 0, 1] });
  });

  it('sorts classes that are numbers, and takes a shape, a column and names of classes', async () => {
    const text = `digit,${[0, 1, 2, 3, 4, 5].map((i) => `p${i}`).join(',')}\n10,1,2,3,4,5,6\n9,6,5,4,3,2,1\n`;
    const data = await loadCsv(csv(text), { labelColumn: 'digit', inputShape: [3, 2, 1] });
    expect([data.classNames, data.inputShape]).toEqual([
      ['9', '10'],
      [3, 2, 1],
    ]);
    const test = await loadCsv(csv('digit,x\n10,1\n'), {
      labelColumn: 'digit',
      classNames: ['9', '10'],
    });
    expect([test.classes, (await all(test)).labels]).toEqual([2, [1]]);
  });

  it.each([
    ['', {}, 'expected a line with the names of the columns, got none'],
    ['a,b\n1,2\n', {}, 'expected a column "label", got "a", "b"'],
    ['label\n1\n', {}, 'expected columns besides "label", got none'],
    ['label,a,b\n0,1,2\n1,3,x\n', {}, 'example 1, column "b": expected a number, got "x"'],
    ['label,a\n0,\n', {}, 'example 0, column "a": expected a number, got ""'],
    ['label,a\n0,1e39\n', {}, 'example 0, column "a": expected a number, got "1e39"'],
    [
      'label,a\n0,1\n7,1\n',
      { classNames: ['0', '1'] },
      'example 1: expected one of the classes 0, 1, got "7"',
    ],
    ['label,a\n', {}, 'expected at least one example, got none'],
    ['label,a\n0,1,2\n', {}, 'Invalid Record Length: expect 2, got 3 on line 2'],
    ['label,a\n0,"1\n', {}, /Quote Not Closed/],
    [
      'label,a,b,c\n0,1,2,3\n',
      { inputShape: [2, 1, 1] },
      'example 1: expected 2 values for shape [2, 1, 1], got 1',
    ],
  ] as const)('refuses %j', async (text, options, message) => {
    const file = csv(text);
    const expected = typeof message === 'string' ? inputError(`${file}: ${message}`) : message;
    await expect(loadCsv(file, options)).rejects.toThrow(expected);
  });

  it('refuses an unknown option', async () => {
    const options: object = { classnames: ['0'] };
    await expect(loadCsv('any.csv', options)).rejects.toThrow(
      'loadCsv: unknown option classnames; did you mean classNames?',
    );
  });

  it('refuses a missing file', async () => {
    const file = join(folder, 'none.csv');
    await expect(loadCsv(file)).rejects.toThrow(
      inputError(`${file}: cannot be read: ENOENT: no such file or directory`),
    );
  });
});

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

  it('resizes and greys to a shape', async () => {
    const directory = images({ one: { 'a.png': [4, 6, 90], 'b.png': [3, 3, 60] } });
    const data = await loadImageFolder(directory, {
      inputShape: [2, 3, 1],
      classNames: ['zero', 'one'],
    });
    const { values, labels } = await all(data);
    expect(labels).toEqual([1, 1]);
    // 0.587 · 1 + 0.114 · 2 above red, rounded.
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
      { cat: { 'a.png': [1, 1, 0], 'n.txt': 'text' } },
      {},
      'DIR/cat/n.txt: expected a PNG or JPEG image, got other bytes',
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
