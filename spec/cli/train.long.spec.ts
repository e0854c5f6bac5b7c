import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { Rng } from '../../index.ts';
import { decodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { boxprop, KERNELS, MAIN, ROOT } from '../support/runCommand.ts';

let folder: string;
let data: string;

/** The bytes of an IDX file: a header, then the values. */
const idx = (shape: number[], values: ArrayLike<number>) =>
  Buffer.from([
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]),
    ...Array.from(values),
  ]);

/**
 * Writes the files of MNIST with a few images: noise with a bright row, whose position shows the
 * digit.
 */
function writeDigits(directory: string, sizes = { train: 96, t10k: 40 }, side = 28): string {
  mkdirSync(directory);
  const rng = new Rng(6);
  for (const [part, count] of Object.entries(sizes)) {
    const labels = Uint8Array.from({ length: count }, (_, n) => n % 10);
    const images = Uint8Array.from({ length: count * side ** 2 }, (_, i) => {
      const row = Math.floor((i % side ** 2) / side);
      return rng.integer(60) + (row === 4 + 2 * labels[Math.floor(i / side ** 2)] ? 190 : 0);
    });
    writeFileSync(join(directory, `${part}-images-idx3-ubyte`), idx([count, side, side], images));
    writeFileSync(join(directory, `${part}-labels-idx1-ubyte`), idx([count], labels));
  }
  return directory;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-train-'));
  data = writeDigits(join(folder, 'digits'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Training arguments. They name a backend, because `'auto'` depends on the installed packages. */
const TRAIN = ['train', 'lenet', '--backend', 'wasm', '--no-report'];
const out = (name: string) => join(folder, name);
const weightsIn = (directory: string) => join(directory, 'weights.safetensors');
const logIn = (directory: string) =>
  readFileSync(join(directory, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const metadataIn = (directory: string) =>
  decodeSafetensors(readFileSync(weightsIn(directory)), 'weights').metadata;

describe('boxprop train', () => {
  it('learns, prints the error after each epoch, and saves the weights', () => {
    const args = ['train', 'lenet', '--backend', 'wasm', '--data', data];
    const result = boxprop(...args, '--epochs', '8', '--batch-size', '8', '--out', out('a'));
    expect(result).toMatchObject({ status: 0, stderr: '' });
    const lines = result.stdout.trimEnd().split('\n');
    expect(lines.splice(0, 2)).toEqual([
      'training: 96 examples of 10 classes (0: 10, 1: 10, 2: 10, 3: 10, 4: 10, 5: 10, 6: 9, 7: 9, 8: 9, 9: 9)',
      'test: 40 examples of 10 classes (0: 4, 1: 4, 2: 4, 3: 4, 4: 4, 5: 4, 6: 4, 7: 4, 8: 4, 9: 4)',
    ]);
    expect(lines).toHaveLength(10);
    lines.slice(0, 8).forEach((line, i) => {
      expect(line).toMatch(
        RegExp(
          `^epoch ${i + 1}/8: loss \\d+\\.\\d{4}, training error \\d+\\.\\d\\d %, test error \\d+\\.\\d\\d %, \\d+ examples/s$`,
        ),
      );
    });
    expect(lines[7]).toContain('test error 0.00 %');
    expect(lines[8]).toBe(
      `test accuracy 100.00 % after 8 epochs; weights in ${weightsIn(out('a'))}`,
    );
    expect(lines[9]).toBe(`report in ${join(out('a'), 'report.html')}`);
    expect(readdirSync(out('a')).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'log.jsonl',
      'report.html',
      'weights.safetensors',
    ]);
    const log = logIn(out('a'));
    expect(log.filter(({ type }) => type === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 96 }, (_, step) => step),
    );
    const last = log.at(-1);
    expect(last).toMatchObject({
      type: 'epoch',
      epoch: 8,
      step: 96,
      on: 'test',
      validation: { errorRate: 0 },
    });
    expect((last?.boxes as { path: string }[]).map(({ path }) => path)).toEqual([
      '0',
      '2',
      '5',
      '7',
    ]);
    // LeNet has one nonlinear box. Its hidden units are measured after each epoch.
    expect(last?.hidden).toMatchObject([{ box: 'ReLU 6', dead: expect.any(Number) as number }]);
    const { fingerprint, ...metadata } = metadataIn(out('a'));
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(metadata).toEqual({
      metadataVersion: '1',
      network: 'lenet',
      epoch: '8',
      seed: '0',
      testAccuracy: '1.0000',
      backend: 'wasm',
      data: '{"inputShape":[28,28,1],"classes":10,"pixels":true}',
    });
  });

  it('writes the same file for the same seed, bit for bit, and another file for another seed', () => {
    const bytes = (name: string, ...more: string[]) => {
      const limit = more.includes('--limit') ? [] : ['--limit', '40'];
      const args = [...TRAIN, '--data', data, '--epochs', '1', ...limit, '--out', out(name)];
      const { stdout } = boxprop(...args, ...more);
      expect(stdout).toMatch(/^test accuracy \d+\.\d\d % after 1 epoch; weights in /m);
      return readFileSync(weightsIn(out(name)))
        .toString('latin1')
        .slice(2000);
    };
    const first = bytes('b1', '--seed', '7');
    // The comparison is of booleans, so that a failure does not print two megabytes.
    expect(bytes('b2', '--seed', '7') === first).toBe(true);
    // Compares only the values after the header, because the header contains the seed.
    const weights = (text: string) => text.slice(-4 * 431_080);
    expect(weights(bytes('b3', '--seed', '8')) === weights(first)).toBe(false);
    expect(weights(bytes('b4', '--seed', '7', '--learning-rate', '0.01')) === weights(first)).toBe(
      false,
    );
    expect(weights(bytes('b5', '--seed', '7', '--limit', '41')) === weights(first)).toBe(false);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('keeps the last complete epoch after %s', async (signal, status) => {
    const args = [...TRAIN, '--data', data, '--epochs', '500', '--out', out(signal)];
    const { code, stdout, stderr } = await interrupted(args, signal, (text) =>
      text.includes('epoch 2/500'),
    );
    const saved = [...stdout.matchAll(/^epoch (\d+)\/500: /gm)]
      .map(([, epoch]) => Number(epoch))
      .at(-1);
    expect(code).toBe(status);
    expect(stderr).toMatch(
      RegExp(
        `^boxprop: interrupted in epoch \\d+; boxprop train --resume ${out(signal)} continues the run\n$`,
      ),
    );
    expect(metadataIn(out(signal)).epoch).toBe(String(saved));
  });

  it('can be interrupted in the first epoch, and continues the run', async () => {
    // With this many steps, the first epoch lasts until the signal arrives.
    const args = [...TRAIN, '--limit', '20000', '--out', out('early')];
    const { code, stdout, stderr } = await interrupted(
      args,
      'SIGINT',
      () => existsSync(out('early')),
      1500,
    );
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: expect.stringMatching(
        /^training: 20000 examples of 10 classes [^\n]*\ntest: 10000 examples of 10 classes [^\n]*\n$/,
      ) as string,
      stderr: `boxprop: interrupted in epoch 1; boxprop train --resume ${out('early')} continues the run\n`,
    });
    expect(readdirSync(out('early')).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'log.jsonl',
    ]);
  });

  it('keeps the epoch with the smallest validation error, and stops when it no longer falls', () => {
    const args = [
      ...TRAIN,
      '--data',
      data,
      '--batch-size',
      '8',
      '--epochs',
      '40',
      '--out',
      out('early-stop'),
    ];
    const result = boxprop(...args, '--validation-split', '0.25', '--patience', '3');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    const epochs = logIn(out('early-stop')).filter(({ type }) => type === 'epoch');
    const errors = epochs.map(
      ({ validation }) => validation as { errorRate: number; loss: number },
    );
    const order = errors.map(({ errorRate, loss }) => errorRate + 1e-6 * loss);
    const best = order.indexOf(Math.min(...order)) + 1;
    expect(metadataIn(out('early-stop')).epoch).toBe(String(best));
    expect(result.stdout).toContain(` after ${best} epoch`);
    expect(epochs.length).toBe(Math.min(40, best + 3));
  });

  it('killed at random moments and resumed, ends with the same weights, bit for bit, as if never stopped', async () => {
    const run = [
      '--data',
      data,
      '--batch-size',
      '4',
      '--epochs',
      '16',
      '--checkpoint-steps',
      '5',
      '--optimizer',
      'adam',
    ];
    const rate = ['--learning-rate', '0.002', '--validation-split', '0.1', '--schedule', 'plateau'];
    expect(boxprop(...TRAIN, ...run, ...rate, '--out', out('whole')).status).toBe(0);
    const rng = new Rng(11);
    let args = [...TRAIN, ...run, ...rate, '--out', out('killed')];
    const file = join(out('killed'), 'checkpoint.safetensors');
    const written = () => (existsSync(file) ? statSync(file).mtimeMs : 0);
    const steps: number[] = [];
    for (let kills = 0; kills < 20; kills++) {
      // Each run is killed only after it has written a checkpoint, so each gets further than the
      // one before.
      const before = written();
      const { code } = await interrupted(
        args,
        'SIGKILL',
        () => written() > before,
        rng.integer(60),
      );
      expect(code).toBe(null);
      const { progress } = decodeSafetensors(readFileSync(file), 'checkpoint').metadata;
      steps.push((JSON.parse(progress) as { step: number }).step);
      args = ['train', '--resume', out('killed')];
    }
    // Most runs were killed within an epoch, not at its end.
    expect(new Set(steps).size).toBeGreaterThan(15);
    expect(steps.filter((step) => step % 22 !== 0).length).toBeGreaterThan(10);
    expect(boxprop(...args)).toMatchObject({ status: 0, stderr: '' });
    for (const file of ['weights.safetensors', 'checkpoint.safetensors']) {
      const [a, b] = ['whole', 'killed'].map((name) => readFileSync(join(out(name), file)));
      expect(a.equals(b)).toBe(true);
    }
    const untimed = (name: string) => logIn(out(name)).map((line) => ({ ...line, seconds: 0 }));
    expect(untimed('killed')).toEqual(untimed('whole'));
  }, 120_000);

  it('writes weights and checkpoints that boxprop evaluate reads', () => {
    const [weights, checkpoint] = ['weights', 'checkpoint'].map((name) =>
      join(out('a'), `${name}.safetensors`),
    );
    const { status, stdout } = boxprop('evaluate', weights, '--data', data, '--backend', 'wasm');
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(
      /^lenet: error 0.00 % \(0 of 40\), accuracy 100.00 %, top-5 error 0.00 %, loss 0\.\d{4}$/,
    );
    expect(lines[2]).toBe('label  0  1  2  3  4  5  6  7  8  9  prediction');
    expect(lines[5]).toBe('    2  .  .  4  .  .  .  .  .  .  .');
    const json = boxprop(
      'evaluate',
      checkpoint,
      '--data',
      data,
      '--backend',
      'wasm',
      '--json',
    ).stdout;
    expect(JSON.parse(json)).toMatchObject({
      network: 'lenet',
      errors: 0,
      examples: 40,
      top5Errors: 0,
    });
    expect(boxprop('evaluate', out('no')).stderr).toMatch(
      /^boxprop: \S+no: cannot be read: ENOENT: no such file or directory\n$/,
    );
  });

  it('trains a network that boxprop fool deceives by gradient sign, by closest image, from noise, and by evolution', () => {
    const picture = out('fool.png');
    const fool = (...args: string[]) =>
      boxprop(
        'fool',
        weightsIn(out('a')),
        '--data',
        data,
        '--backend',
        'wasm',
        '--out',
        picture,
        ...args,
      );
    const lines = ({ status, stdout, stderr }: ReturnType<typeof boxprop>) => {
      expect([status, stderr]).toEqual([0, '']);
      const all = stdout.trimEnd().split('\n');
      expect(all.pop()).toBe(picture);
      return all;
    };
    const size = () => decode(readFileSync(picture));
    const signed = lines(fool('--epsilon', '0.4', '--examples', '3,4'));
    expect(signed[0]).toMatch(
      /^example 3, label 3: predicted 3, now [^3] with \d+\.\d %; moved by \d+\.\d{3}$/,
    );
    expect(signed).toHaveLength(2);
    expect(size()).toMatchObject({ width: 57, height: 86 });
    const [closest] = lines(fool('--method', 'closest', '--examples', '3', '--target', '5'));
    expect(closest).toMatch(
      /^example 3, label 3: predicted 3, now 5 with \d+\.\d %; moved by \d+\.\d{3}$/,
    );
    const moved = (line: string) => Number(line.split(' ').at(-1));
    expect(moved(closest)).toBeLessThan(moved(signed[0]));
    const imagined = lines(fool('--method', 'imagine'));
    expect(imagined).toHaveLength(10);
    imagined.forEach((line, k) =>
      expect(line).toMatch(RegExp(`^class ${k}: predicted ${k} with `)),
    );
    expect(size()).toMatchObject({ width: 144, height: 57 });
    for (const method of ['direct', 'cppn']) {
      const evolution = ['--generations', '20', '--offspring', '30'];
      const evolved = lines(fool('--method', method, ...evolution));
      evolved.forEach((line, k) =>
        expect(line).toMatch(RegExp(`^class ${k}: predicted \\d with `)),
      );
      expect(evolved).toHaveLength(10);
      expect(size()).toMatchObject({ width: 144, height: 57 });
      expect(lines(fool('--method', method, ...evolution))).toEqual(evolved);
    }
    expect(fool('--examples', '40').stderr).toBe(
      'boxprop: --examples: expected indices from 0 to 39, got 40\n',
    );
    expect(fool('--method', 'closest', '--target', '10').stderr).toBe(
      'boxprop: --target: expected a class from 0 to 9, got 10\n',
    );
    expect(fool('--method', 'magic').stderr).toBe(
      'boxprop: --method: expected one of sign, closest, imagine, direct, cppn, got "magic"\n',
    );
  });

  it('trains a network whose patches boxprop units shows, as a page and as a picture', () => {
    const units = (...args: string[]) =>
      boxprop('units', weightsIn(out('a')), '--data', data, '--backend', 'wasm', ...args);
    const [page, picture] = [out('units.html'), out('units.png')];
    const first = units('--box', '2', '--units', '7,0', '--count', '3', '--out', page);
    expect([first.status, first.stderr]).toEqual([0, '']);
    const number = String.raw`-?[\d.e-]+`;
    expect(first.stdout).toMatch(
      RegExp(`^unit 7: ${number} to ${number}; examples \\d+, \\d+, \\d+\nunit 0: .*\n${page}\n$`),
    );
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<h1>lenet, Conv2D 2, on mnist test</h1>');
    expect(html.match(/<img src="data:image\/png;base64,/g)).toHaveLength(2);
    // Each of two units has a block of 2x2 patches, of which the last is empty, and beside it one of
    // their projections. The second convolution sees 5 + 1 + 2 · 4 = 14 pixels.
    expect(units('--box', '2', '--units', '0,1', '--count', '3', '--out', picture).status).toBe(0);
    expect(decode(readFileSync(picture))).toMatchObject({ width: 2 * 29 + 3, height: 2 * 29 + 3 });
    // The default is the first box with weights. All patches of a unit may come from one image.
    const one = units(
      '--units',
      '0',
      '--count',
      '2',
      '--limit',
      '1',
      '--per-image',
      '5',
      '--out',
      picture,
    );
    expect(one.stdout).toMatch(/; examples 0, 0\n/);
    expect(decode(readFileSync(picture))).toMatchObject({ width: 2 * 11 + 3, height: 5 });
  });

  it.each([
    [['--box', '9'], '--box: expected one of 0, 1, 2, 3, 4, 5, 6, 7, got "9"'],
    [['--box', '2', '--units', '3,50'], '--units: expected units of 2 from 0 to 49, got 50'],
    [['--units', 'all'], '--units: expected indices such as 0,17,3, got "all"'],
    [['--out', 'units.jpg'], '--out: expected a file named .html or .png, got "units.jpg"'],
    [['--count', '0'], '--count: expected an integer of at least 1, got "0"'],
  ])('refuses to show units with %j', (args, message) => {
    const result = boxprop(
      'units',
      weightsIn(out('a')),
      '--data',
      data,
      '--backend',
      'wasm',
      ...args,
    );
    expect(result).toEqual({ status: 1, stdout: '', stderr: `boxprop: ${message}\n` });
  });

  it('writes a report with verdicts as one HTML file, which loads nothing from the internet', () => {
    expect(boxprop('report', out('a'), '--backend', 'wasm')).toEqual({
      status: 0,
      stdout: `${join(out('a'), 'report.html')}\n`,
      stderr: '',
    });
    const html = readFileSync(join(out('a'), 'report.html'), 'utf8');
    expect(html).toContain('<b>good</b> The network learns and generalizes: training error 0.00 %');
    expect(html.match(/<h2>/g)).toHaveLength(8);
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:\/\//);
    expect(boxprop('report', out('no')).stderr).toMatch(
      /^boxprop: report: expected the folder of a run, got "/,
    );
  });

  it('stops when the loss is not finite, and names the box', () => {
    const args = ['train', 'lenet', '--backend', 'wasm', '--data', data];
    const result = boxprop(
      ...args,
      '--learning-rate',
      '1e30',
      '--batch-size',
      '8',
      '--out',
      out('wild'),
    );
    expect(existsSync(join(out('wild'), 'report.html'))).toBe(true);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(
      /^boxprop: non-finite \w+ at step \d+: first in the [\w ]*(output|parameter \w+|input) of (Sequential\[\d\] > )?\w+(, whose \w+ is not finite)?\n$/,
    );
  });

  it('says in its report that it failed, and why', () => {
    expect(boxprop('report', out('wild'), '--backend', 'wasm').status).toBe(0);
    expect(readFileSync(join(out('wild'), 'report.html'), 'utf8')).toMatch(
      /<p class="bad"><b>bad<\/b> The run diverged: non-finite \w+ at step \d+: first in .*\. The learning rate of 1e\+30 is too high\./,
    );
  });

  it('resumes for more epochs, and refuses to change the options of the run', () => {
    const args = [
      ...TRAIN,
      '--data',
      data,
      '--epochs',
      '1',
      '--batch-size',
      '8',
      '--out',
      out('more'),
    ];
    expect(boxprop(...args).status).toBe(0);
    const { status, stdout, stderr } = boxprop('train', '--resume', out('more'), '--epochs', '3');
    expect(stderr).toBe('boxprop: --resume: the run goes on with epochs 3; it began with 1\n');
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(2, 4)).toEqual([
      expect.stringMatching(/^epoch 2\/3: /),
      expect.stringMatching(/^epoch 3\/3: /),
    ]);
    expect(boxprop('train', '--resume', out('more'))).toMatchObject({ status: 0, stderr: '' });
    const file = join(out('more'), 'config.json');
    const config = readFileSync(file, 'utf8');
    writeFileSync(file, config.replace('"learningRate": 0.02', '"learningRate": 0.5'));
    const change = `${file}: expected learningRate to be 0.02, with which the run was trained, got 0.5: write 0.02 there, or train a new run`;
    expect(boxprop('train', '--resume', out('more'), '--epochs', '9').stderr).toBe(
      `boxprop: --resume: ${change}\n`,
    );
    expect(boxprop('report', out('more')).stderr).toBe(`boxprop: report: ${change}\n`);
    writeFileSync(file, config);
    expect(boxprop('train', '--resume', out('more'), '--learning-rate', '0.1').stderr).toBe(
      'boxprop: --resume: expected no option but --epochs, --data and --processes, because the run keeps its own, got --learning-rate\n',
    );
    expect(boxprop('train', '--resume', out('nowhere')).stderr).toBe(
      `boxprop: --resume: expected the folder of a run, got "${out('nowhere')}": ENOENT: no such file or directory\n`,
    );
    expect(boxprop(...args).stderr).toBe(
      `boxprop: --out: expected a folder without a run, got "${out('more')}"; --resume ${out('more')} continues it\n`,
    );
  });
});

describe('boxprop train refuses, in one line,', () => {
  it.each([
    ['no network', [], "missing required argument 'network'"],
    [
      'an unknown option',
      ['lenet', '--speed', '9'],
      'unknown option --speed; did you mean --seed?',
    ],
    ['an option without its value', ['lenet', '--seed'], "option '--seed <n>' argument missing"],
    [
      'no epochs',
      ['lenet', '--epochs', '0'],
      '--epochs: expected an integer of at least 1, got "0"',
    ],
    [
      'half a batch',
      ['lenet', '--batch-size', '1.5'],
      '--batch-size: expected an integer of at least 1, got "1.5"',
    ],
    [
      'a seed below 0',
      ['lenet', '--seed', '-1'],
      '--seed: expected an integer of at least 0, got "-1"',
    ],
    [
      'a seed past 2^53 - 1',
      ['lenet', '--seed', '9007199254740992'],
      '--seed: expected an integer of at most 2^53 - 1, got "9007199254740992"',
    ],
    [
      'a rate of 0',
      ['lenet', '--learning-rate', '0'],
      '--learning-rate: expected a number above 0, got "0"',
    ],
    [
      'a rate that is 0 in single precision',
      ['lenet', '--learning-rate', '1e-60'],
      '--learning-rate: expected a number from 1.5e-45 to 3.4e38, because single precision has no other, got "1e-60"',
    ],
    [
      'a rate that is a word',
      ['lenet', '--learning-rate', 'fast'],
      '--learning-rate: expected a number above 0, got "fast"',
    ],
    [
      'a validation set of nothing',
      ['lenet', '--validation-split', '0'],
      '--validation-split: expected a number above 0 and below 1, got "0"',
    ],
    [
      'patience without a validation set',
      ['lenet', '--patience', '3', '--backend', 'cpu'],
      '--patience: expected --validation-split with it, whose error it watches, got none',
    ],
    [
      'an empty limit',
      ['lenet', '--limit', ''],
      '--limit: expected an integer of at least 1, got ""',
    ],
    [
      'threads of a backend without them',
      ['lenet', '--backend', 'cpu', '--threads', '2'],
      '--threads: expected --backend auto, tensorflow-gpu, tensorflow, wasm, got cpu',
    ],
    [
      'instructions of a backend without own kernels',
      ['lenet', '--backend', 'cpu', '--simd', 'plain'],
      '--simd: expected --backend auto, wasm, got cpu',
    ],
    [
      'an unknown backend',
      ['lenet', '--backend', 'gpu'],
      '--backend: expected one of auto, tensorflow-gpu, tensorflow, webgpu, wasm, cpu, float64, got "gpu"',
    ],
  ])('%s', (_, args, message) => {
    expect(boxprop('train', ...args)).toEqual({
      status: 1,
      stdout: '',
      stderr: `boxprop: ${message}\n`,
    });
  });

  it('an unknown network', () => {
    expect(boxprop('train', 'lent').stderr).toMatch(
      /^boxprop: network: unknown network "lent"; did you mean lenet\?\n$/,
    );
    expect(boxprop('train', 'transformer').stderr).toMatch(
      /^boxprop: network: expected one of lenet, lenet1, .*, or a file such as net\.ts or net\.onnx, got "transformer"\n$/,
    );
  });

  function expectRefusal(args: string[], message: string): void {
    expect(boxprop(...TRAIN, ...args)).toEqual({
      status: 1,
      stdout: '',
      stderr: `boxprop: ${message}\n`,
    });
  }

  it('a folder of data that is not there', () => {
    expectRefusal(
      ['--data', out('no')],
      `--data: expected a folder or a file named .csv at ${JSON.stringify(out('no'))}, found nothing`,
    );
  });

  it('a folder without data', () => {
    const expected =
      "train.csv, a folder train, folders of images, CIFAR's test_batch.bin or test.bin, or MNIST's train-images-idx3-ubyte";
    mkdirSync(out('nothing'));
    expectRefusal(
      ['--data', out('nothing')],
      `--data: expected ${JSON.stringify(out('nothing'))} to contain ${expected}, got nothing`,
    );
  });

  it('a validation set without an example', () => {
    const message =
      '--validation-split: expected at least one example in each part, got 0.001 of the 96 examples of mnist train';
    expectRefusal(['--data', data, '--validation-split', '0.001'], message);
  });

  it('a network in a file that cannot be loaded', () => {
    writeFileSync(out('broken.ts'), 'export const network = () => {');
    expect(boxprop('train', out('broken.ts')).stderr).toMatch(
      /^boxprop: \S+broken\.ts: cannot be loaded: [^\n]*\n$/,
    );
    writeFileSync(
      out('missing.mts'),
      "import { x } from 'no-such-package'; export const network = x;",
    );
    expect(boxprop('train', out('missing.mts')).stderr).toMatch(
      /^boxprop: \S+missing\.mts: cannot be loaded: Cannot find package 'no-such-package' [^\n]*\n$/,
    );
  });

  it('a truncated file', () => {
    const directory = writeDigits(out('short'));
    const file = join(directory, 'train-images-idx3-ubyte');
    writeFileSync(file, readFileSync(file).subarray(0, 5000));
    const { status, stdout, stderr } = boxprop(...TRAIN, '--data', directory, '--out', out('none'));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^boxprop: \S+train-images-idx3-ubyte: byte \d+: expected [^\n]*\n$/);
    expect(existsSync(out('none'))).toBe(false);
  });

  it('a limit larger than the data set', () => {
    const message = '--limit: expected at most the 96 examples of mnist train, got 97';
    expectRefusal(['--data', data, '--limit', '97'], message);
  });

  it('a folder that cannot be written, before it trains', () => {
    writeFileSync(out('file'), '');
    const inFile = join(out('file'), 'run');
    expectRefusal(
      ['--data', data, '--out', inFile],
      `--out: expected a folder that can be written, got ${JSON.stringify(inFile)}: ENOTDIR: not a directory`,
    );
    mkdirSync(weightsIn(out('taken')), { recursive: true });
    expectRefusal(
      ['--data', data, '--out', out('taken')],
      `--out: expected ${weightsIn(out('taken'))} to be a file, got a folder`,
    );
  });
});

describe('boxprop', () => {
  it.each([
    [
      [],
      'expected a command, one of gradcheck, doctor, train, search, evaluate, report, explore, example, summary, ablate, classify, fool, transfer, units, compare, invariance, probe, export, pset, setup, got none; see boxprop --help',
    ],
    [['trian'], "unknown command 'trian' (Did you mean train?)"],
    [['--bogus'], 'unknown option --bogus; expected one of --version, --help'],
    [['help', 'nonsense'], 'expected a known command; see boxprop --help'],
  ])('%j is refused in one line', (args, message) => {
    expect(boxprop(...args)).toEqual({ status: 1, stdout: '', stderr: `boxprop: ${message}\n` });
  });

  it('prints its version and its commands', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(boxprop('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    const { status, stdout, stderr } = boxprop('--help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/gradcheck .*train .*example /s);
  });
});

/**
 * Runs boxprop, waits until its output is `ready`, waits `wait` more, and sends a signal. Resolves
 * when boxprop ends.
 */
function interrupted(
  args: string[],
  signal: NodeJS.Signals,
  ready: (text: string) => boolean,
  wait = 0,
) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const poll = setInterval(() => {
      if (!ready(stdout)) return;
      clearInterval(poll);
      setTimeout(() => child.kill(signal), wait);
    }, 20);
    child.on('close', (code) => {
      clearInterval(poll);
      resolve({ code, stdout, stderr: stderr.replace(KERNELS, '') });
    });
  });
}
