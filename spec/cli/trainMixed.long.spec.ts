import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../../index.ts';
import { boxprop } from '../support/runCommand.ts';

let folder: string;

/** Writes a few images of noise in the files of MNIST. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-mixed-'));
  mkdirSync(join(folder, 'digits'));
  const rng = new Rng(6);
  const header = (...sizes: number[]) => sizes.flatMap((size) => [0, 0, size >> 8, size & 255]);
  for (const [part, count] of [
    ['train', 60],
    ['t10k', 20],
  ] as const) {
    // prettier-ignore
    const images = Array.from({ length: count * 28 ** 2 }, () => rng.integer(256));
    const labels = Array.from({ length: count }, (_, n) => n % 10);
    const write = (name: string, bytes: number[]) =>
      writeFileSync(join(folder, 'digits', `${part}-${name}-ubyte`), Buffer.from(bytes));
    write('images-idx3', [0, 0, 8, 3, ...header(count, 28, 28), ...images]);
    write('labels-idx1', [0, 0, 8, 1, ...header(count), ...labels]);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a run with averaged weights, mixed examples and parts resumes with the same bytes', () => {
  const options = `--data ${join(folder, 'digits')} --backend cpu --no-report --batch-size 16
    --schedule constant --ema 0.9 --mixup 0.2 --cutmix 1 --accumulate 3 --label-smoothing 0.1`;
  const train = (...args: string[]) => {
    const { status, stderr } = boxprop('train', ...args);
    expect([status, stderr]).toEqual([0, '']);
  };
  const [whole, half] = [join(folder, 'whole'), join(folder, 'half')];
  const given = options.split(/\s+/);
  train('lenet1', ...given, '--epochs', '2', '--out', whole);
  train('lenet1', ...given, '--epochs', '1', '--out', half);
  boxprop('train', '--resume', half, '--epochs', '2');
  const weights = (run: string) => readFileSync(join(run, 'weights.safetensors'));
  expect(weights(half).equals(weights(whole))).toBe(true);
});
