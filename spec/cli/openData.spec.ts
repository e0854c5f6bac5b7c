import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { openData } from '../../cli/openData.ts';
import { openRunData, openTestExamples } from '../../cli/runData.ts';
import { resolveNetwork } from '../../cli/resolveNetwork.ts';
import type { ResolvedNetwork } from '../../cli/resolvedNetwork.ts';
import { runOptions } from '../../cli/trainOptions.ts';
import { useBackend } from '../../index.ts';
import { Rng } from '../../lib/rng.ts';
import { inputError } from '../support/inputError.ts';

let directory: string;
beforeAll(() => useBackend('cpu'));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'boxprop-open-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (...names: string[]) => join(directory, ...names);
/** Writes these files: an image of one pixel for a name with .png, otherwise a text. */
function write(...files: string[]): void {
  files.forEach((path, value) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    const data = new Uint8Array(3).fill(value);
    writeFileSync(
      at(path),
      path.endsWith('.png') ? encode({ height: 1, width: 1, channels: 3, data }) : 'text',
    );
  });
}
const refuses = (message: string) =>
  expect(openData({ data: directory })).rejects.toThrow(inputError(message));
const CLASSES = (part: string) => [`${part}/cat/a.png`, `${part}/dog/a.png`];

describe('folders of images', () => {
  test('train and test, and a validation set by any of its names', async () => {
    write(...CLASSES('train'), ...CLASSES('test'), ...CLASSES('valid'));
    const { train, test, validation, notes } = await openData({ data: directory });
    expect([train.name, test.name, validation?.name]).toEqual([
      at('train'),
      at('test'),
      at('valid'),
    ]);
    expect(notes).toEqual([]);
  });

  test.each(['val', 'valid', 'validation'])(
    '%s replaces a missing test set, which is reported',
    async (name) => {
      write(...CLASSES('train'), ...CLASSES(name));
      const { test, validation, notes } = await openData({ data: directory });
      expect([test.name, validation]).toEqual([at(name), undefined]);
      expect(notes).toEqual([
        `${directory}: there is no folder test, so the examples of ${name} are the test examples`,
      ]);
    },
  );

  test('two validation sets are refused', async () => {
    write(...CLASSES('train'), ...CLASSES('val'), ...CLASSES('valid'));
    await refuses(`${directory}: expected validation examples once, got "val", "valid"`);
  });

  test('what is beside the parts is reported', async () => {
    write(...CLASSES('train'), ...CLASSES('test'), ...CLASSES('more'), 'README.md');
    expect((await openData({ data: directory })).notes).toEqual([
      `${directory}: skipped 2 entries: beside the parts: "README.md", "more"`,
    ]);
  });

  test.each(['Test', 'testing', 'test_set', 'Validation', 'VAL'])(
    '%s beside train is refused, because it would not be read',
    async (name) => {
      write(...CLASSES('train'), ...CLASSES(name));
      await refuses(
        `${directory}: expected parts named train, test and val, got "${name}": rename it`,
      );
    },
  );

  test('the notes of all parts are passed on', async () => {
    write(...CLASSES('train'), 'test/dog/a.png', 'test/dog/b.txt');
    expect((await openData({ data: directory })).notes).toEqual([
      `${at('test')}: skipped 1 entry: not an image: "dog/b.txt"`,
      `${at('test')}: no images of the classes ["cat"]`,
    ]);
  });

  test('a class that only the test examples have is refused', async () => {
    write(...CLASSES('train'), ...CLASSES('test'), 'test/cow/a.png');
    await refuses(`${at('test')}: expected folders of the classes cat, dog, got "cow"`);
  });

  test('one class is read: train, search and doctor say what is wrong with it', async () => {
    write('train/cat/a.png', 'test/cat/a.png');
    expect((await openData({ data: directory })).train.classNames).toEqual(['cat']);
  });

  test('one folder of classes is all training examples, and all test examples', async () => {
    write('cat/a.png', 'dog/b.png', 'dog/c.png');
    const { train, test, notes } = await openData({ data: directory });
    expect(test).toBe(train);
    expect([train.length, train.classNames]).toEqual([3, ['cat', 'dog']]);
    expect(notes).toEqual([]);
  });

  test('a folder of classes may be a link', async () => {
    write('elsewhere/cat/a.png', 'elsewhere/dog/a.png', 'data/README');
    symlinkSync(at('elsewhere'), at('data', 'train'), 'junction');
    symlinkSync(at('elsewhere'), at('data', 'test'), 'junction');
    expect((await openData({ data: at('data') })).train.classes).toBe(2);
  });

  test.each(['Training', 'TRAIN', 'test', 'val'])(
    'a folder %s without train is not a class',
    async (name) => {
      write(...CLASSES(name), ...CLASSES('Testing'));
      const first = [name, 'Testing'].sort()[0];
      await refuses(
        `--data: expected ${JSON.stringify(directory)} to contain a folder train beside "${first}", got none`,
      );
    },
  );
});

describe('a run on one folder of classes', () => {
  let entry: ResolvedNetwork;
  beforeAll(async () => {
    entry = await resolveNetwork('lenet');
  });
  const options = (more: object) => ({
    ...runOptions('lenet', { epochs: 1, batchSize: 1, seed: 5 } as never),
    data: directory,
    ...more,
  });

  test('holds out validation examples, on which it is tested, also by its report', async () => {
    write(...Array.from({ length: 10 }, (_, n) => `${n % 2 ? 'cat' : 'dog'}/${n}.png`));
    const run = options({ validationSplit: 0.3 });
    const { train, validation, test, testedOn } = await openRunData(run, new Rng(5), entry);
    expect([train.length, validation?.length, testedOn]).toEqual([7, 3, 'validation']);
    const values = async (data: typeof test) =>
      Array.from((await data.batch(Int32Array.of(0, 1, 2))).input.dataSync());
    expect(await values(test)).toEqual(await values(await openTestExamples(run, entry)));
    const trained = new Set(
      Array.from((await train.batch(Int32Array.of(0, 1, 2, 3, 4, 5, 6))).input.dataSync()),
    );
    expect((await values(test)).filter((value) => trained.has(value))).toEqual([]);
  });

  test('holds out the same fraction of each class', async () => {
    write(...Array.from({ length: 20 }, (_, n) => `${n < 10 ? 'cat' : 'dog'}/${n}.png`));
    const { validation } = await openRunData(options({ validationSplit: 0.2 }), new Rng(5), entry);
    const batch = await validation!.batch(Int32Array.of(0, 1, 2, 3));
    expect('labels' in batch && Array.from(batch.labels.dataSync()).sort()).toEqual([0, 0, 1, 1]);
  });

  test('is refused without them', async () => {
    write('cat/a.png', 'dog/b.png');
    await expect(openRunData(options({}), new Rng(5), entry)).rejects.toThrow(
      inputError(
        `--data: expected test examples beside ${directory}, got none: ` +
          `--validation-split 0.2 holds out a fifth of the examples`,
      ),
    );
  });

  test('is refused if the data have validation examples of their own', async () => {
    write(...CLASSES('train'), ...CLASSES('test'), ...CLASSES('val'));
    await expect(openRunData(options({ validationSplit: 0.5 }), new Rng(5), entry)).rejects.toThrow(
      inputError(`--validation-split: expected data without validation examples, got ${at('val')}`),
    );
    const { validation, testedOn } = await openRunData(options({ patience: 2 }), new Rng(5), entry);
    expect([validation?.length, testedOn]).toEqual([2, 'test']);
  });
});

describe('data of no known format', () => {
  test.each([
    [['data_batch_1', 'batches.meta'], 'data_batch_1, pickles): get cifar-10-binary.tar.gz'],
    [['train', 'test', 'meta'], 'meta, pickles): get cifar-100-binary.tar.gz'],
  ])('the Python version of CIFAR: %j', async (files, way) => {
    write(...files);
    await refuses(
      `cifar: expected the binary version, got the Python version in ${directory} (${way}`,
    );
  });

  test('nothing, a file, other files, an archive', async () => {
    const shown = JSON.stringify(directory);
    const start =
      `--data: expected ${shown} to contain train.csv, a folder train, folders of images, ` +
      `CIFAR's test_batch.bin or test.bin, or MNIST's train-images-idx3-ubyte, got`;
    await refuses(`${start} nothing`);
    write('a.txt', 'flowers.zip');
    await refuses(`${start} "a.txt", "flowers.zip": unpack "flowers.zip" first`);
    write('b.csv');
    await refuses(
      `${start} "a.txt", "b.csv", "flowers.zip": unpack "flowers.zip" first: --data ${at('b.csv')} reads that file`,
    );
    await expect(openData({ data: at('flowers.zip') })).rejects.toThrow(
      inputError(
        `--data: expected a folder or a file named .csv at ${JSON.stringify(at('flowers.zip'))}, found a file of another kind`,
      ),
    );
    await expect(openData({ data: at('none') })).rejects.toThrow(
      inputError(
        `--data: expected a folder or a file named .csv at ${JSON.stringify(at('none'))}, found nothing`,
      ),
    );
  });

  test('train.csv beside a folder train', async () => {
    write('train.csv', ...CLASSES('train'));
    await refuses(
      `--data: expected train.csv or a folder train in ${JSON.stringify(directory)}, got both`,
    );
  });
});

describe('one CSV file', () => {
  const csv = (lines: readonly string[]) => {
    write('data.csv');
    writeFileSync(at('data.csv'), lines.join('\n'));
    return at('data.csv');
  };

  test('is read as the options say, or else as the training of weights', async () => {
    const data = csv([
      'kind;b;a',
      ...Array.from({ length: 10 }, (_, n) => `${'xy'[n % 2]};1;${n}`),
    ]);
    const { train, test } = await openData({ data, label: 'kind' });
    expect([train.length, test.length, train.columns]).toEqual([8, 2, ['b', 'a']]);
    const training = { columns: ['a', 'b'], label: 'kind', header: true };
    expect((await openData({ data }, training)).test.columns).toEqual(['a', 'b']);
    await expect(openData({ data, label: 'a' }, training)).rejects.toThrow(
      inputError(`${data}: expected the columns of the training, "a", "b", got no "a"`),
    );
  });

  test('has at most 5000 classes', async () => {
    const data = csv(['a,label', ...Array.from({ length: 15_003 }, (_, n) => `1,n${n % 5001}`)]);
    await expect(openData({ data })).rejects.toThrow(
      inputError(`${data}: expected at most 5000 classes, got 5001`),
    );
  });

  test('is asked for by weights that were trained on one', async () => {
    write(...CLASSES('train'), ...CLASSES('test'));
    const training = { columns: ['a', 'b'], label: 'kind', header: true };
    await expect(openData({ data: directory }, training)).rejects.toThrow(
      inputError(
        `--data: expected a CSV file, as in the training of the weights, got images of ${at('train')}`,
      ),
    );
  });
});
