import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose } from '@tensorflow/tfjs-core';
import { Rng, useBackend } from '../../index.ts';
import { stratifiedSplit, type Dataset } from '../../data/index.ts';
import { loadCsv, type CsvOptions } from '../../node.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
let made = 0;

beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-csv-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const csv = (content: string | Uint8Array) => {
  const file = join(folder, `${made++}.csv`);
  writeFileSync(file, content);
  return file;
};

const all = async (data: Dataset) => {
  const { input, labels } = await data.batch(Int32Array.from({ length: data.length }, (_, i) => i));
  const found = { values: Array.from(input.dataSync()), labels: Array.from(labels.dataSync()) };
  dispose([input, labels]);
  return found;
};

/** Makes `count` lines. Each ends with the result of `cell`. */
const lines = (count: number, cell: (line: number) => string) =>
  Array.from({ length: count }, (_, line) => `${line},${cell(line)}\n`).join('');

describe('loadCsv', () => {
  // Labels are compared as they are written, here and in later data, so the two never mix.
  it('reads classes that differ only by case as two classes', async () => {
    const train = await loadCsv(csv('a,label\n1,P\n2,p\n3,P\n'));
    expect(train.classNames).toEqual(['P', 'p']);
    expect((await all(train)).labels).toEqual([0, 1, 0]);
    const { columns = [], classNames = [] } = train;
    const test = await loadCsv(csv('a,label\n5,p\n'), { columns, classNames });
    expect((await all(test)).labels).toEqual([1]);
  });

  it('notes the integers that single precision rounds, by column', async () => {
    const file = csv('time,n,label\n16777216,1,x\n1700000001,2,y\n-16777217,3,x\n');
    const data = await loadCsv(file);
    expect((await all(data)).values).toEqual([16777216, 1, 1700000000, 2, -16777216, 3]);
    expect(data.notes).toEqual([
      `${file}: column "time": 2 integers are rounded to single precision, which holds every ` +
        'integer up to 16777216; in line 3: 1700000001 becomes 1700000000',
    ]);
    expect((await loadCsv(csv('n,label\n1,x\n 16777219 ,y\n'))).notes).toEqual([
      expect.stringContaining('column "n": an integer is rounded'),
    ]);
    const measured = csv('n,label\n0.1,x\n16777218,y\n1e30,y\n16777219.5,x\n');
    expect((await loadCsv(measured)).notes).toBeUndefined();
  });

  it('reads numbers and classes, quoted or not, with any line endings', async () => {
    const file = csv('\uFEFFa,label,"b, c"\r\n1,dog,-2.5e1\r\n"3",cat,.5\r\n\r\n4,dog,0\r\n');
    const data = await loadCsv(file, { scale: 0.5 });
    expect(data).toMatchObject({
      name: file,
      length: 3,
      classes: 2,
      inputShape: [1, 1, 2],
      classNames: ['cat', 'dog'],
      columns: ['a', 'b, c'],
    });
    expect(await all(data)).toEqual({ values: [0.5, -12.5, 1.5, 0.25, 2, 0], labels: [1, 0, 1] });
  });

  it('sorts classes that are numbers, and accepts a shape, a column and class names', async () => {
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

  it('finds columns by their names, in the order of the training', async () => {
    const { columns = [] } = await loadCsv(csv('a,b,label\n1,2,x\n3,4,y\n'));
    const test = await loadCsv(csv('b,label,a\n20,x,10\n'), { columns, classNames: ['x', 'y'] });
    expect(test.columns).toEqual(['a', 'b']);
    expect(await all(test)).toEqual({ values: [10, 20], labels: [0] });
  });

  it.each([
    ['semicolons', ';'],
    ['tabs', '\t'],
  ])('finds the separator %s by the column of the label', async (_, separator) => {
    const rows = ['size, in cm', 'label', '1.5', 'a,b', '2', 'c'];
    const text = [0, 2, 4].map((at) => rows.slice(at, at + 2).join(separator)).join('\n');
    const data = await loadCsv(csv(text));
    expect([data.columns, data.classNames]).toEqual([['size, in cm'], ['a,b', 'c']]);
    expect(await all(data)).toEqual({ values: [1.5, 2], labels: [0, 1] });
  });

  it('reads a file without a header', async () => {
    const data = await loadCsv(csv('5.1;3.5;setosa\n6.7;3.1;virginica\n'), {
      header: false,
      labelColumn: '3',
    });
    expect([data.columns, data.classNames]).toEqual([
      ['1', '2'],
      ['setosa', 'virginica'],
    ]);
    expect((await all(data)).labels).toEqual([0, 1]);
  });

  it('treats class names that look equal as one: blanks around them, and accents as separate characters', async () => {
    const data = await loadCsv(csv('a, label\n1,\u00e4 \n2, a\u0308\n3,"b "\n4,b\n'));
    expect([data.classNames, (await all(data)).labels]).toEqual([
      ['b', '\u00e4'],
      [1, 1, 0, 0],
    ]);
  });

  it('refuses classes that differ only in a character that nobody sees, but not in a joiner', async () => {
    const [joined, apart] = ['\u0645\u06cc\u200c\u0634', '\u0645\u06cc\u0634'];
    const { classNames } = await loadCsv(csv(`a,label\n1,${joined}\n2,${apart}\n`));
    expect(classNames).toHaveLength(2);
    const file = csv('a,label\n1,cat\n2,cat\u200b\n');
    await expect(loadCsv(file)).rejects.toThrow(
      inputError(`${file}: expected class names that look different, got "cat" and "cat\\u{200b}"`),
    );
  });

  it('gives its labels, and those of its parts, without reading the inputs', async () => {
    const data = await loadCsv(csv(`a,label\n${lines(10, (line) => 'xy'[line % 2])}`));
    expect(data.labels).toEqual(Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1));
    const [, held] = await stratifiedSplit(data, [0.8, 0.2], new Rng(0));
    expect(Array.from(held.labels ?? [])).toEqual((await all(held)).labels);
    expect(held.columns).toEqual(['a']);
  });

  it.each<[string, CsvOptions, string]>([
    ['', {}, 'expected a line with the names of the columns, got none'],
    [
      'a,b\n1,2\n',
      {},
      'expected a column "label" with the classes, got "a", "b"; --label names another one',
    ],
    [
      'size;kind\n1;x\n',
      {},
      'expected a column "label" with the classes, got "size", "kind"; --label names another one',
    ],
    [
      '5.1,3.5,setosa\n',
      {},
      'expected a column "label" with the classes, got "5.1", "3.5", "setosa"; --label names another one; ' +
        '--no-header reads a file without names',
    ],
    [
      '5,3,1\n6,2,0\n',
      { labelColumn: '3' },
      'line 1: expected the names of the columns, got "5", "3", "1"; --no-header reads a file without names',
    ],
    [
      'a,b\n1,2\n',
      { header: false },
      'expected --label (labelColumn) with --no-header (header: false), such as 5 if the fifth column holds the classes, ' +
        'got none',
    ],
    [
      'a,label\n1,x\n',
      { header: false, labelColumn: '2' },
      'line 1: expected a number in column "1", got "a": a first line of names is read without --no-header',
    ],
    [
      '1,5;2,5;x\n',
      { header: false, labelColumn: '3' },
      'line 1: expected one separator, got "," and ";"; write the file with commas and quotes',
    ],
    ['label\n1\n', {}, 'expected columns besides "label", got none'],
    [
      ',a,label\n0,1,x\n',
      {},
      'expected a name for each column, got "" for column 1: if it is the index of pandas, write the file with ' +
        'to_csv(..., index=False)',
    ],
    [
      'Unnamed: 0,a,label\n0,1,x\n',
      {},
      'expected a name for each column, got "Unnamed: 0" for column 1: if it is the index of pandas, write the file with ' +
        'to_csv(..., index=False)',
    ],
    ['a,b,a,label\n1,2,3,x\n', {}, 'expected a different name for each column, got "a" twice'],
    [
      'x,y,label\n1,2,c\n',
      { columns: ['a', 'b'] },
      'expected the columns of the training, "a", "b", got no "a"',
    ],
    [
      'a,b,c,label\n1,2,3,c\n',
      { columns: ['b', 'a'] },
      'expected the columns of the training, "b", "a", got also "c"',
    ],
    [
      'label,a,b\n0,1,2\n1,3,x\n',
      {},
      'line 3: expected a number in column "b", got "x": leave the column out, or write one column of 0 and 1 for each ' +
        'of its values',
    ],
    [
      'label,a\n0,\n',
      {},
      'line 2: expected a number in column "a", got "": fill it in, or leave the line out',
    ],
    ...['NaN', 'inf', '-Infinity', '?', 'NA', ' '].map((text): [string, CsvOptions, string] => [
      `label,a\n0,${text}\n`,
      {},
      `line 2: expected a number in column "a", got ${JSON.stringify(text)}: fill it in, or leave the line out`,
    ]),
    [
      'label;a\n0;1,5\n',
      {},
      'line 2: expected a number in column "a", got "1,5": write decimals with a point',
    ],
    [
      'label,a\n0,1e39\n',
      {},
      'line 2: expected a number in column "a", got "1e39": single precision ends at 3.4e38',
    ],
    [
      'label,a\n0,0x10\n',
      {},
      'line 2: expected a number in column "a", got "0x10": leave the column out, or write one column of 0 and 1 for each ' +
        'of its values',
    ],
    [
      'label,a\n0,1\n\n7,1\n',
      { classNames: ['0', '1'] },
      'line 4: expected one of the classes "0", "1", got "7"',
    ],
    ['label,a\n', {}, 'expected at least one example, got none'],
    ['label,a\n0,1,2\n', {}, 'line 2: expected 2 cells, one per column, got 3'],
    ['a,b,label\n0,1,x\n1,y\n', {}, 'line 3: expected 3 cells, one per column, got 2'],
    ['a,label\n1,x\n2,\n', {}, 'line 3: expected a class in column "label", got ""'],
    ['a,label\n1,x\n2,nan\n', {}, 'line 3: expected a class in column "label", got "nan"'],
    ['label,a\n0,"1\n', {}, 'line 2: expected a closing quote, found the end of the file'],
    [
      'label,a\n0,"1\n2,3\n4,5\n6,7\n',
      {},
      'line 2: expected a closing quote, found the end of the file',
    ],
    [
      'label,a\r\n"x\r\ny","1 ""2""\r\n3\r\n',
      {},
      'line 3: expected a closing quote, found the end of the file',
    ],
    [
      'label,a,b,c\n0,1,2,3\n',
      { inputShape: [2, 1, 1] },
      'expected 2 columns for shape [2, 1, 1], got 3',
    ],
    [
      'a,label\n1,1\n2,1.0\n',
      {},
      'expected one notation for each class in column "label", got "1" and "1.0"',
    ],
    [
      `a,label\n${lines(30, (line) => String(line / 10))}`,
      {},
      'expected classes in column "label", got 30 different labels in 30 examples, "0", "0.1", "0.2", ...: these look like ' +
        'numbers to predict, not classes',
    ],
    [
      `a,label\n${lines(300, (line) => String((line % 30) / 10))}`,
      {},
      'expected classes in column "label", got 30 different labels in 300 examples, "0", "0.1", "0.2", ...: these look like ' +
        'numbers to predict, not classes',
    ],
    [
      `a,label\n${lines(60_000, (line) => `n${line}`)}`,
      {},
      'expected classes in column "label", got 60000 different labels in 60000 examples, "n0", "n1", "n2", ...: these look ' +
        'like names of the examples, not classes',
    ],
    [
      `label,a\n0,${'x'.repeat(40_000)}\n`,
      {},
      `line 2: expected a number in column "a", got "${'x'.repeat(197)}..." (40000 characters): leave the column out, or write ` +
        'one column of 0 and 1 for each of its values',
    ],
  ])('refuses %j %j', async (text, options, message) => {
    const file = csv(text);
    await expect(loadCsv(file, options)).rejects.toThrow(inputError(`${file}: ${message}`));
  });

  it.each([
    [
      'Latin-1',
      Buffer.from('a,label\n1,x\n2,\u00e4\n', 'latin1'),
      'line 3: expected UTF-8, got the byte 0xe4',
    ],
    [
      'Latin-1 at the end',
      Buffer.from('a,label\n1,\u00e4', 'latin1'),
      'line 2: expected UTF-8, got the byte 0xe4',
    ],
    ['UTF-16', Buffer.from('\uFEFFa,label\n1,x\n', 'utf16le'), 'expected UTF-8, got UTF-16'],
    [
      'UTF-16 without its mark',
      Buffer.from('a,label\n1,x\n', 'utf16le'),
      'line 1: expected UTF-8, got the byte 0x00 of UTF-16 or of a binary file',
    ],
  ])('refuses %s', async (_, bytes, message) => {
    const file = csv(bytes);
    await expect(loadCsv(file)).rejects.toThrow(
      inputError(`${file}: ${message}; save the file as UTF-8`),
    );
  });

  it('refuses cells of 200,000 characters, and 10,000 columns, in linear time', async () => {
    const start = performance.now();
    const columns = Array.from({ length: 10_000 }, (_, k) => `c${k}`);
    const texts = [
      `a,label\nx${' '.repeat(200_000)}y,0\n`,
      `a,label\n${'9'.repeat(200_000)}x,0\n`,
      `${columns.join(',')},label\n${columns.fill('x').join(',')},0\n`,
    ];
    for (const text of texts) {
      await expect(loadCsv(csv(text))).rejects.toThrow(/line 2: expected a number in column "/);
    }
    expect(performance.now() - start).toBeLessThan(3000);
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
