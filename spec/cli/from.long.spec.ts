import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { Rng, useBackend } from '../../index.ts';
import { decodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { torchLayout } from '../../formats/torch/torchLayout.ts';
import { lenet } from '../../models/lenet.ts';
import { resnet18 } from '../../models/resnet.ts';
import { torchvisionLayout } from '../../models/torchvision/layout.ts';
import { boxprop, BUILT } from '../support/runCommand.ts';
import { torchFile, torchTensors } from '../support/torchFile.ts';

/** `train --from`, and what a network's file and `config.json` say about weights. */

let folder: string;
const file = (...names: string[]) => join(folder, ...names);
const CLASSES = ['ant', 'bee', 'cat'];
const WIDTH = 1 / 16;

beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(BUILT, 'from-'));
  const rng = new Rng(5);
  const backbone = resnet18({ rng, width: WIDTH });
  const layout = torchvisionLayout('resnet18', backbone, [224, 224, 3]);
  const tensors = torchTensors({ ...backbone.params, ...backbone.buffers }, layout);
  writeFileSync(file('resnet18.pth'), torchFile(tensors));
  const small = lenet({ rng, classes: 3, inputShape: [28, 28, 1] });
  const own = torchTensors(small.params, torchLayout(small, [28, 28, 1]));
  writeFileSync(file('lenet3.pth'), torchFile(own));
  for (const part of ['train', 'test']) {
    CLASSES.forEach((name, label) => {
      mkdirSync(file('photos', part, name), { recursive: true });
      for (let i = 0; i < 4; i++) {
        const [height, width] = [40 + i, 36];
        const data = Uint8Array.from(
          { length: height * width * 3 },
          () => 60 * label + rng.integer(80),
        );
        const png = encode({ height, width, channels: 3, data });
        writeFileSync(file('photos', part, name, `${i}.png`), png);
      }
    });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const weightsOf = (run: string) => {
  const path = file(run, 'weights.safetensors');
  return decodeSafetensors(readFileSync(path), path);
};
const values = ({ data }: { data: ArrayLike<number | bigint> }) => Array.from(data, Number);
const tuned = (run: string, epochs: string, ...more: string[]) =>
  boxprop(
    ...['train', '--from', file('resnet18.pth'), '--architecture', `width=${WIDTH}`],
    ...['--data', file('photos'), '--shape', '32,32,3', '--batch-size', '5'],
    ...['--backend', 'cpu', '--no-report', '--out', file(run)],
    ...['--epochs', epochs, ...more],
  );

test('a new head on a frozen backbone, which does not change by a bit, in one command', () => {
  const { status, stdout, stderr } = tuned('head', '2', '--train-only', 'fc');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(
    'resnet18.pth: 100 tensors are loaded; new, for 3 classes, not 1000: fc.weight, fc.bias\n',
  );
  const { tensors, metadata } = weightsOf('head');
  expect(metadata.network).toBe('resnet18');
  // The shorter side of 256 was stated for images of 224x224.
  expect(JSON.parse(metadata.preparation)).toEqual([
    { resize: { shorterSide: 37 } },
    { standardize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
  ]);
  expect(tensors['fc.bias'].shape).toEqual([3]);
  expect(values(tensors['fc.bias']).some((value) => value !== 0)).toBe(true);
  const before = resnet18({ rng: new Rng(5), width: WIDTH });
  const kept = Object.entries({ ...before.params, ...before.buffers });
  expect(kept).toHaveLength(102);
  for (const [name, tensor] of kept) {
    if (!name.startsWith('fc.'))
      expect([name, values(tensors[name])]).toEqual([name, [...tensor.dataSync()]]);
  }
});

test('the run resumes without the file, and its weights need no option', () => {
  expect(tuned('stopped', '1', '--train-only', 'fc').status).toBe(0);
  const gone = JSON.stringify({
    ...(JSON.parse(readFileSync(file('stopped', 'config.json'), 'utf8')) as object),
    from: file('gone.pth'),
  });
  writeFileSync(file('stopped', 'config.json'), gone);
  expect(boxprop('train', '--resume', file('stopped'), '--epochs', '2')).toMatchObject({
    status: 0,
  });
  const photo = file('photos', 'test', 'bee', '0.png');
  const trained = file('stopped', 'weights.safetensors');
  const seen = boxprop('classify', photo, '--weights', trained, '--backend', 'cpu', '--json');
  expect([seen.status, seen.stderr]).toEqual([0, '']);
  const guesses = JSON.parse(seen.stdout) as { label: string }[];
  expect(guesses.map(({ label }) => label).sort()).toEqual(CLASSES);
});

test('weights that train wrote are the start of another run, with their architecture', () => {
  const first = file('head', 'weights.safetensors');
  const next = boxprop(
    ...['train', '--from', first, '--data', file('photos'), '--epochs', '1'],
    ...['--freeze', 'conv1,stage1', '--rates', 'stage2=0.1,fc=10', '--backend', 'cpu'],
    ...['--batch-size', '6', '--no-report', '--out', file('next')],
  );
  expect([next.status, next.stderr]).toEqual([0, '']);
  expect(next.stdout).toContain('weights.safetensors: 102 tensors are loaded\n');
  const config: unknown = JSON.parse(readFileSync(file('next', 'config.json'), 'utf8'));
  expect(config).toMatchObject({
    network: 'resnet18',
    shape: [32, 32, 3],
    preprocess: ['resize:37', 'normalize:0.485/0.456/0.406:0.229/0.224/0.225'],
    architecture: { width: WIDTH },
  });
  const [a, b] = [weightsOf('head').tensors, weightsOf('next').tensors];
  expect(values(b['conv1.weight'])).toEqual(values(a['conv1.weight']));
  expect(values(b['stage2.0.residual.body.conv1.weight'])).not.toEqual(
    values(a['stage2.0.residual.body.conv1.weight']),
  );
});

test.each([
  [
    ['--freeze', 'conv1', '--train-only', 'fc'],
    '--train-only: expected no --freeze with it, got both',
  ],
  [['--train-only', 'fx'], /^freeze: expected the path of a box of Sequential.*, got "fx"/],
  [['--rates', 'fc'], '--rates: expected PATH=FACTOR, such as stage4=0.1, got "fc"'],
  [
    ['--rates', 'stage9=2'],
    /^--rates: expected the path of a box with trainable parameters, got "stage9"/,
  ],
  [
    ['--preprocess', 'normalize:1/2:3'],
    '--preprocess: expected a finite mean and a std of at least 0 for each of 3 channels, ' +
      'such as normalize:0.5/0.5/0.5:0.25/0.25/0.25, got "normalize:1/2:3"',
  ],
] as const)('%p is refused', (more, message) => {
  const { status, stderr } = tuned('refused', '1', ...more);
  expect(status).toBe(1);
  const text = stderr.replace(/^boxprop: /, '').trimEnd();
  if (typeof message === 'string') expect(text).toBe(message);
  else expect(text).toMatch(message);
});

test('evaluate resizes the images as in training, and names of PyTorch are read back', () => {
  const net = file('named.mjs');
  writeFileSync(
    net,
    `import { lenet } from 'boxprop/models';
     export const network = lenet;
     export const inputShape = [28, 28, 1];
     export const classes = 3;
     export const torchName = (path) => 'body.' + path;`,
  );
  const small = lenet({ rng: new Rng(5), classes: 3, inputShape: [28, 28, 1] });
  const layout = torchLayout(small, [28, 28, 1], { rename: (path) => `body.${path}` });
  writeFileSync(file('body.pth'), torchFile(torchTensors(small.params, layout)));
  const run = boxprop(
    ...['train', net, '--from', file('body.pth'), '--data', file('photos'), '--epochs', '1'],
    ...['--batch-size', '4', '--backend', 'cpu', '--no-report', '--out', file('named')],
  );
  expect([run.status, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toMatch(/body\.pth: \d tensors are loaded\n/);
  const [, accuracy] = /test accuracy (\S+) %/.exec(run.stdout) ?? [];
  const again = boxprop(
    ...['evaluate', file('named', 'weights.safetensors'), '--network', net],
    ...['--data', file('photos'), '--backend', 'cpu'],
  );
  expect([again.status, again.stderr]).toEqual([0, '']);
  expect(again.stdout).toContain(`accuracy ${accuracy} %`);
});

describe('weights without a description', () => {
  const photo = () => file('photos', 'test', 'bee', '1.png');
  const classify = (network: string, ...more: string[]) =>
    boxprop(
      ...['classify', photo(), '--weights', file('lenet3.pth'), '--network', network],
      ...['--backend', 'cpu', '--json', ...more],
    );
  const labelsIn = (stdout: string) =>
    (JSON.parse(stdout) as { label: string }[]).map(({ label }) => label).sort();

  test('the head in the file tells the number of classes', () => {
    const { status, stdout, stderr } = classify('lenet');
    expect([status, stderr]).toEqual([0, '']);
    expect(labelsIn(stdout)).toEqual(['class 0', 'class 1', 'class 2']);
  });

  test('a network’s file states labels, shape, preprocessing and names', () => {
    const net = file('net.mjs');
    const code = (mean: number) => `
      import { lenet } from 'boxprop/models';
      export const network = lenet;
      export const inputShape = [28, 28, 1];
      export const labels = ['x', 'y', 'z'];
      export const preprocessing = { shorterSide: 32, interpolation: 'bicubic', mean: [${mean}], std: [0.5] };
      export const torchName = (path) => path;`;
    writeFileSync(net, code(0.5));
    const first = classify(net);
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(labelsIn(first.stdout)).toEqual(['x', 'y', 'z']);
    const other = file('other.mjs');
    writeFileSync(other, code(0.1));
    expect(classify(other).stdout).not.toBe(first.stdout);
    writeFileSync(net, code(0.5).replace("'bicubic'", "'cubic'"));
    const { status, stderr } = classify(net);
    expect(status).toBe(1);
    expect(stderr).toContain('net.mjs: preprocessing.interpolation: expected');
  });

  test('timm’s config.json beside the weights states them too', () => {
    const plain = classify('lenet');
    const config = {
      architecture: 'lenet',
      num_classes: 3,
      label_names: ['u', 'v', 'w'],
      pretrained_cfg: {
        input_size: [1, 28, 28],
        mean: [0.25],
        std: [0.5],
        crop_pct: 0.875,
        interpolation: 'bicubic',
      },
    };
    writeFileSync(file('config.json'), JSON.stringify(config));
    const { status, stdout, stderr } = classify('lenet');
    expect([status, stderr]).toEqual([0, '']);
    expect(labelsIn(stdout)).toEqual(['u', 'v', 'w']);
    expect(stdout).not.toBe(plain.stdout);
    // A file that the user names has the same effect.
    writeFileSync(file('elsewhere.json'), JSON.stringify(config));
    rmSync(file('config.json'));
    const scores = (text: string) =>
      (JSON.parse(text) as { probability: number }[]).map(({ probability }) => probability);
    const named = classify('lenet', '--pixels', file('elsewhere.json'));
    expect(scores(named.stdout)).toEqual(scores(stdout));
    const recipe = { mean: [0.25], std: [0.5], shorterSide: 32, interpolation: 'bicubic' };
    writeFileSync(file('elsewhere.json'), JSON.stringify(recipe));
    const again = classify('lenet', '--pixels', file('elsewhere.json'));
    expect(scores(again.stdout)).toEqual(scores(stdout));
    writeFileSync(file('elsewhere.json'), JSON.stringify({ ...recipe, shorterSize: 32 }));
    const { stderr: refused } = classify('lenet', '--pixels', file('elsewhere.json'));
    expect(refused).toContain('elsewhere.json: shorterSize: expected one of shorterSide, ');
  });

  test('preprocessor_config.json of transformers states the preprocessing', () => {
    const config = { image_mean: [0.25], image_std: [0.5], size: { shortest_edge: 32 } };
    const crop = { do_center_crop: true, crop_size: { height: 28, width: 28 }, resample: 3 };
    writeFileSync(file('preprocessor_config.json'), JSON.stringify({ ...config, ...crop }));
    const { stdout } = classify('lenet');
    rmSync(file('preprocessor_config.json'));
    const recipe = { mean: [0.25], std: [0.5], shorterSide: 32, interpolation: 'bicubic' };
    writeFileSync(file('recipe.json'), JSON.stringify(recipe));
    expect(classify('lenet', '--pixels', file('recipe.json')).stdout).toBe(stdout);
  });
});
