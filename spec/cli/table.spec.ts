import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../index.ts';
import { ArrayDataset, subset } from '../../data/index.ts';
import { describeData, requireClasses } from '../../cli/describeData.ts';
import { openCsvFile, openCsvFolder } from '../../cli/openCsv.ts';
import { checkTable, csvOptions, tableMetadata, TRAINING_TABLE } from '../../cli/trainingTable.ts';
import { checkSchema } from '../../lib/schema.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-table-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of `count` examples of three classes in turn; column x counts them. */
const write = (name: string, count: number) => {
  const rows = Array.from({ length: count }, (_, n) => `${n},${['iris', 'rose', 'aster'][n % 3]}`);
  writeFileSync(file(name), ['x,label', ...rows].join('\n'));
  return file(name);
};

describe('one CSV file', () => {
  it('is split into training and test examples, class by class, always the same, and says so', async () => {
    const name = write('one.csv', 150);
    const { train, test, notes } = await openCsvFile(name, {});
    expect(notes).toEqual([
      `${name} is one file: 30 of its 150 examples, a fifth of each class, drawn with seed 0, are the test examples; ` +
        'a folder with train.csv and test.csv has a split of your own',
    ]);
    expect(describeData({ train, test })).toEqual([
      'training: 120 examples of 3 classes (aster: 40, iris: 40, rose: 40); columns x',
      'test: 30 examples of 3 classes (aster: 10, iris: 10, rose: 10)',
    ]);
    const inputs = async (data: typeof train) => {
      const all = Int32Array.from({ length: data.length }, (_, k) => k);
      const { input, labels } = await data.batch(all);
      const values = Array.from(await input.data());
      input.dispose();
      labels.dispose();
      return values;
    };
    const [held, rest] = [await inputs(test), await inputs(train)];
    expect([...held, ...rest].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 150 }, (_, n) => n),
    );
    expect(await inputs((await openCsvFile(name, {})).test)).toEqual(held);
    expect([train.name, test.name]).toEqual([name, `${name}, test examples`]);
  });

  it('needs three examples', async () => {
    const name = write('two.csv', 2);
    await expect(openCsvFile(name, {})).rejects.toThrow(
      inputError(`${name}: expected three examples or more, to train on and to test, got 2`),
    );
    const { train, test } = await openCsvFile(write('three.csv', 3), {});
    expect([train.length, test.length]).toEqual([2, 1]);
  });
});

describe('a folder of CSV files', () => {
  it('needs both', async () => {
    write('train.csv', 3);
    await expect(openCsvFolder(folder, readdirSync(folder), {})).rejects.toThrow(
      inputError(
        `--data: expected "${file('test.csv')}" beside train.csv, found none: --data ${file('train.csv')} splits that file into ` +
          'training and test examples',
      ),
    );
  });

  it('finds the columns of the test file by their names', async () => {
    writeFileSync(file('train.csv'), 'a,b,label\n1,2,x\n3,4,y\n');
    writeFileSync(file('test.csv'), 'b,label,a\n20,x,10\n');
    const { test } = await openCsvFolder(folder, readdirSync(folder), {});
    const { input } = await test.batch(Int32Array.of(0));
    expect(Array.from(await input.data())).toEqual([10, 20]);
    writeFileSync(file('test.csv'), 'x,y,label\n20,10,x\n');
    await expect(openCsvFolder(folder, readdirSync(folder), {})).rejects.toThrow(
      inputError(`${file('test.csv')}: expected the columns of the training, "a", "b", got no "a"`),
    );
  });

  describe('with validation examples', () => {
    let own: string;
    const at = (name: string) => join(own, name);
    const lines = (label: string) => `a,label\n1,x\n2,${label}\n`;
    const open = () => openCsvFolder(own, readdirSync(own).sort(), {});
    beforeEach(() => {
      own = mkdtempSync(join(tmpdir(), 'boxprop-parts-'));
      writeFileSync(at('train.csv'), lines('y'));
    });
    afterEach(() => rmSync(own, { recursive: true }));

    it.each(['val', 'valid', 'validation'])(
      'reads %s.csv, and says what it skips',
      async (name) => {
        for (const other of ['test.csv', `${name}.csv`, 'sample.csv', '.hidden', 'Thumbs.db'])
          writeFileSync(at(other), lines('x'));
        const { train, test, validation, notes } = await open();
        expect([train.name, test.name, validation?.name]).toEqual(
          ['train.csv', 'test.csv', `${name}.csv`].map(at),
        );
        expect(validation?.classNames).toEqual(['x', 'y']);
        expect(notes).toEqual([`${own}: skipped 1 entry: beside the parts: "sample.csv"`]);
      },
    );

    it('tests on val.csv if there is no test.csv, and says so', async () => {
      writeFileSync(at('val.csv'), lines('x'));
      const { test, validation, notes } = await open();
      expect([test.name, validation]).toEqual([at('val.csv'), undefined]);
      expect(notes).toEqual([
        `${own}: there is no test.csv, so the examples of val.csv are the test examples`,
      ]);
    });

    it('refuses a name that is almost that of a part', async () => {
      for (const name of ['test.csv', 'Val.csv']) writeFileSync(at(name), lines('x'));
      await expect(open()).rejects.toThrow(
        inputError(
          `${own}: expected parts named train.csv, test.csv and val.csv, got "Val.csv": rename it`,
        ),
      );
    });
  });
});

const data = (labels: number[], classNames?: string[]) =>
  new ArrayDataset({
    name: 'data',
    inputs: new Float32Array(labels.length),
    inputShape: [1],
    labels,
    classes: classNames?.length ?? Math.max(...labels) + 1,
    ...(classNames && { classNames }),
  });

describe('describeData', () => {
  it('counts the examples of each class, or tells the rarest and the commonest of many', () => {
    const many = data(Array.from({ length: 30 }, (_, n) => (n < 20 ? n : 0)));
    const { labels: _, ...unknown } = subset(many, [0, 1]);
    expect(describeData({ train: many, validation: data([0, 1]), test: unknown })).toEqual([
      'training: 30 examples of 20 classes (1 to 11 of each)',
      'validation: 2 examples of 2 classes (0: 1, 1: 1)',
      'test: 2 examples of 20 classes',
    ]);
  });

  it('shows names of classes on one line, and shortened', () => {
    const train = data([0, 1], ['a\n\u001b[2Jb', 'c'.repeat(50)]);
    const [line] = describeData({ train, test: train });
    expect(line).toBe(`training: 2 examples of 2 classes (a [2Jb: 1, ${'c'.repeat(37)}...: 1)`);
  });
});

test.each([
  [data([0, 0], ['cat']), 'got only "cat" in 2 examples'],
  [data([1, 1], ['cat', 'dog']), 'got only "dog" in 2 examples'],
  [data([0]), 'got one in 1 examples'],
])('training examples of one class are refused', (train, got) => {
  expect(() => requireClasses(train)).toThrow(
    inputError(`data: expected training examples of two classes or more, ${got}`),
  );
});

describe('the columns of the training', () => {
  const table = { columns: ['a', 'b'], label: 'kind', header: true };
  const check = (value: unknown) => checkSchema('w: table', TRAINING_TABLE, value);

  it('travel with the weights', () => {
    const columns = { ...subset(data([0, 1]), [0]), columns: ['a', 'b'] };
    expect(check(JSON.parse(tableMetadata(columns, { label: 'kind' }).table))).toEqual(table);
    expect(tableMetadata(data([0, 1]), {})).toEqual({});
  });

  it.each<[unknown, string]>([
    [null, 'expected an object, got null'],
    [{ ...table, columns: [] }, 'columns: expected names, got []'],
    [{ ...table, columns: [1] }, 'columns[0]: expected text, got 1'],
    [{ ...table, header: 1 }, 'header: expected true or false, got 1'],
    [{ ...table, label: undefined }, 'label: expected text, got none'],
  ])('are refused as %j', (value, problem) => {
    expect(() => check(value)).toThrow(inputError(`w: table: ${problem}`));
  });

  it('decide how a file is read, where no option does', () => {
    const like = { columns: ['a', 'b'], labelColumn: 'kind', header: true };
    expect(csvOptions({}, table)).toEqual(like);
    expect(csvOptions({ label: 'x', header: false }, table)).toEqual({
      ...like,
      labelColumn: 'x',
      header: false,
    });
    expect(csvOptions({ header: true }, { ...table, header: false }).header).toBe(false);
    expect(csvOptions({})).toEqual({ header: true });
  });

  it.each([
    [
      table,
      false,
      ['b', 'a'],
      'a table with the columns ["a", "b"]',
      'a table with the columns ["b", "a"]',
    ],
    [undefined, true, ['a'], 'images', 'a table with the columns ["a"]'],
  ] as const)('%j, pixels %j: %j is refused', (training, pixels, columns, expected, got) => {
    expect(() => checkTable('w', training, pixels, columns)).toThrow(
      inputError(`w: expected ${expected}, as in its training, got ${got}`),
    );
  });

  it('are not checked where the weights do not know them', () => {
    checkTable('w', undefined, false, ['a']);
    checkTable('w', table, false, ['a', 'b']);
  });
});
