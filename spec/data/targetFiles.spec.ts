import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { encode } from 'fast-png';
import { dispose } from '@tensorflow/tfjs-core';
import { loadCsvTargets } from '../../data/csvTargets.ts';
import { loadImageTargets } from '../../data/imageTargets.ts';
import type { TargetDataset } from '../../data/index.ts';
import { useBackend } from '../../index.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
beforeEach(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-targets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

async function all(data: TargetDataset) {
  const batch = await data.batch(Int32Array.from({ length: data.length }, (_, i) => i));
  const [input, target] = [batch.input, batch.target].map((one) => Array.from(one.dataSync()));
  dispose({ ...batch });
  return { input, target };
}

describe('loadCsvTargets', () => {
  it('reads several target columns, in the order in which they are named', async () => {
    const file = write('a.csv', 'y,a,z,b\n1,2,3,4\n5,6,7,8\n');
    const { dataset, columns } = await loadCsvTargets(file, { targetColumns: ['z', 'y'] });
    expect(columns).toEqual(['a', 'b']);
    expect(dataset).toMatchObject({
      length: 2,
      inputShape: [1, 1, 2],
      target: { kind: 'numbers', shape: [2] },
    });
    expect(await all(dataset)).toEqual({ input: [2, 4, 6, 8], target: [3, 1, 7, 5] });
  });

  it('finds the columns of the training by name, and reads a file without names', async () => {
    const test = write('b.csv', 'b,y,a\n4,1,2\n');
    const like = { targetColumns: ['y'], columns: ['a', 'b'], kind: 'answers' } as const;
    expect(await all((await loadCsvTargets(test, like)).dataset)).toEqual({
      input: [2, 4],
      target: [1],
    });
    const bare = write('bare.csv', '1;2;3\n4;5;6\n');
    const { dataset } = await loadCsvTargets(bare, { targetColumns: ['2'], header: false });
    expect(await all(dataset)).toEqual({ input: [1, 3, 4, 6], target: [2, 5] });
  });

  it.each([
    [
      'a,y\n1,2\n',
      { targetColumns: ['z'] },
      'expected a column "z" with targets, got "a", "y"; --target names another one',
    ],
    [
      'a,y\n1,2\n',
      { targetColumns: ['y', ' y'] },
      'expected different target columns (--target), got ["y", "y"]',
    ],
    ['a,y\n1,2\n', { targetColumns: [] }, 'expected different target columns (--target), got []'],
    ['y\n1\n', { targetColumns: ['y'] }, 'expected columns besides "y", got none'],
    [
      'a,y\n1,x\n',
      { targetColumns: ['y'] },
      'line 2: expected a number in column "y", got "x": leave the column out, or write one column of 0 and 1 for each of its values',
    ],
    [
      'a,y\n1,\n',
      { targetColumns: ['y'] },
      'line 2: expected a number in column "y", got "": fill it in, or leave the line out',
    ],
    [
      'a,y\n1,2\n',
      { targetColumns: ['y'], kind: 'answers' },
      'example 0: expected answers from 0 to 1, got 2',
    ],
    ['a,y\n', { targetColumns: ['y'] }, 'expected at least one example, got none'],
  ] as const)('refuses %j with %j', async (content, options, problem) => {
    const file = write('bad.csv', content);
    await expect(loadCsvTargets(file, options)).rejects.toThrow(inputError(`${file}: ${problem}`));
  });
});

const grey = (width: number, height: number, data: number[], depth: 8 | 16 = 8) =>
  encode({
    width,
    height,
    channels: 1,
    depth,
    data: depth === 8 ? Uint8Array.from(data) : Uint16Array.from(data),
  });

describe('loadImageTargets', () => {
  const labels = { targetFolder: 'masks', kind: 'labels' } as const;
  /** Images of 2x3 pixels. */
  const pair = (name: string, image: number[], mask: number[]) => {
    write(`images/${name}.png`, grey(3, 2, image));
    write(`masks/${name}.png`, grey(3, 2, mask));
  };

  it('reads the labels of pixels, and pairs files by name', async () => {
    pair('b', [0, 0, 0, 51, 51, 51], [0, 1, 2, 255, 0, 1]);
    pair('a', [255, 0, 0, 0, 0, 0], [2, 2, 2, 0, 0, 0]);
    const { dataset } = await loadImageTargets(folder, {
      ...labels,
      ignoreIndex: 255,
      inputShape: [2, 3, 1],
    });
    expect(dataset.target).toEqual({ kind: 'labels', shape: [2, 3], classes: 3, ignoreIndex: 255 });
    const { input, target } = await all(dataset);
    expect(input.slice(0, 1)).toEqual([1]);
    expect(target).toEqual([2, 2, 2, 0, 0, 0, 0, 1, 2, 255, 0, 1]);
  });

  it('resizes labels by the nearest pixel, so that no new ones arise', async () => {
    pair('a', [0, 0, 0, 0, 0, 0], [0, 0, 4, 0, 0, 4]);
    const { dataset } = await loadImageTargets(folder, { ...labels, inputShape: [4, 6, 1] });
    const { target } = await all(dataset);
    expect(target.slice(0, 6)).toEqual([0, 0, 0, 0, 4, 4]);
    expect(new Set(target)).toEqual(new Set([0, 4]));
  });

  it('reads the numbers of a palette, as in Pascal VOC', async () => {
    write('images/a.png', grey(2, 1, [0, 0]));
    const palette = [
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
    ];
    write('masks/a.png', withPalette(grey(2, 1, [2, 1]), palette));
    const { dataset } = await loadImageTargets(folder, { ...labels, inputShape: [1, 2, 1] });
    expect((await all(dataset)).target).toEqual([2, 1]);
  });

  it('reads answers of 0 and 255 or of 0 and 1, and numbers from 0 to 1', async () => {
    pair('a', [0, 0, 0, 0, 0, 0], [0, 255, 255, 0, 0, 0]);
    const answers = { targetFolder: 'masks', kind: 'answers', inputShape: [2, 3, 1] } as const;
    const found = await loadImageTargets(folder, answers);
    expect(found.dataset.target).toEqual({ kind: 'answers', shape: [2, 3, 1] });
    expect((await all(found.dataset)).target).toEqual([0, 1, 1, 0, 0, 0]);
    pair('a', [0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0]);
    expect((await all((await loadImageTargets(folder, answers)).dataset)).target).toEqual([
      0, 1, 1, 0, 0, 0,
    ]);
    const numbers = { ...answers, kind: 'numbers', channels: 3 } as const;
    pair('a', [0, 0, 0, 0, 0, 0], [0, 51, 255, 0, 0, 0]);
    const { dataset } = await loadImageTargets(folder, numbers);
    expect(dataset.target.shape).toEqual([2, 3, 3]);
    const { target } = await all(dataset);
    expect(target[3]).toBeCloseTo(0.2, 6);
    expect(target[6]).toBe(1);
  });

  it('refuses labels that are not classes, and files that cannot hold labels', async () => {
    pair('a', [0, 0, 0, 0, 0, 0], [0, 255, 255, 0, 0, 0]);
    const options = { ...labels, classes: 2, inputShape: [2, 3, 1] };
    const mask = join(folder, 'masks/a.png');
    await expect(loadImageTargets(folder, options)).rejects.toThrow(
      inputError(
        `${mask}: expected labels from 0 to 1, got 255: ignoreIndex of the network file says that 255 is not counted`,
      ),
    );
    write('masks/a.png', grey(3, 2, [0, 1, 1, 0, 0, 0], 16));
    await expect(loadImageTargets(folder, options)).rejects.toThrow(
      inputError(`${mask}: expected labels of at most 8 bits, got 16`),
    );
    write(
      'masks/a.png',
      encode({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) }),
    );
    await expect(loadImageTargets(folder, options)).rejects.toThrow(
      inputError(
        `${mask}: expected a grey image, or one with a palette, whose values are labels, got the colour (1, 2, 3)`,
      ),
    );
  });

  it('refuses images without targets, and the reverse', async () => {
    await expect(loadImageTargets(folder, labels)).rejects.toThrow(
      inputError(`${join(folder, 'images')}: cannot be read: ENOENT: no such file or directory`),
    );
    pair('a', [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]);
    write('images/c.png', grey(3, 2, [0, 0, 0, 0, 0, 0]));
    await expect(loadImageTargets(folder, labels)).rejects.toThrow(
      inputError(
        `${folder}: expected an image of the name "c" in "masks" for "images/c.png", got none`,
      ),
    );
    write('masks/c.png', grey(3, 2, [0, 0, 0, 0, 0, 0]));
    write('masks/d.png', grey(3, 2, [0, 0, 0, 0, 0, 0]));
    await expect(loadImageTargets(folder, labels)).rejects.toThrow(
      inputError(
        `${folder}: expected an image of the name "d" in "images" for "masks/d.png", got none`,
      ),
    );
    write('images/d.png', grey(3, 2, [0, 0, 0, 0, 0, 0]));
    write('images/d.jpg', grey(3, 2, [0, 0, 0, 0, 0, 0]));
    await expect(loadImageTargets(folder, labels)).rejects.toThrow(
      inputError(
        `${folder}: expected one image of each name, got "images/d.jpg" and "images/d.png"`,
      ),
    );
  });
});

/** Turns a grey PNG of 8 bits into one whose values are the numbers of colours. */
function withPalette(png: Uint8Array, palette: number[][]): Uint8Array {
  const header = png.slice(0, 33);
  header[25] = 3;
  const chunk = (name: string, data: readonly number[]) => {
    const body = Uint8Array.from([...Buffer.from(name), ...data]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return [...size, ...body, ...sum];
  };
  return Uint8Array.from([
    ...header.slice(0, 8),
    ...chunk('IHDR', [...header.slice(16, 29)]),
    ...chunk('PLTE', palette.flat()),
    ...png.slice(33),
  ]);
}
