import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { Rng } from '../../index.ts';
import { boxprop, BUILT, MAIN, ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

/** Follows docs/targets.md word for word, and then what goes wrong. */

const guide = readFileSync(join(ROOT, 'docs/targets.md'), 'utf8');
let folder: string;

beforeAll(() => {
  // Inside the project, so that the network finds boxprop.
  folder = mkdtempSync(join(BUILT, 'spec-'));
  for (const [, name, text] of guide.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g))
    writeFileSync(join(folder, name), text);
  const rng = new Rng(3);
  const houses = Array.from({ length: 120 }, () => {
    const [rooms, area, garden] = [1 + rng.integer(5), 30 + rng.integer(90), rng.integer(2)];
    const price = 20_000 * rooms + 1500 * area + 40_000 * garden;
    return [rooms, area, garden, price, Math.round(price / 200)].join(',');
  });
  writeFileSync(join(folder, 'houses.csv'), ['rooms,area,garden,price,rent', ...houses].join('\n'));
  for (const [part, count] of [
    ['train', 12],
    ['test', 4],
  ] as const)
    for (let n = 0; n < count; n++) writeCell(part, `${n}`, rng);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a dark image with a bright square, and its mask; one row of the mask is not counted. */
function writeCell(part: string, name: string, rng: Rng): void {
  const [height, width] = [24, 16];
  const [top, left] = [rng.integer(12), rng.integer(8)];
  const mask = Uint8Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width) - top, (i % width) - left];
    return y >= 0 && y < 10 && x >= 0 && x < 7 ? 1 : 0;
  });
  const image = Uint8Array.from(
    { length: 3 * height * width },
    (_, i) => 60 + 120 * mask[Math.floor(i / 3)] + rng.integer(30),
  );
  mask.fill(255, 0, width);
  for (const [kind, data, channels] of [
    ['images', image, 3],
    ['masks', mask, 1],
  ] as const) {
    mkdirSync(join(folder, 'cells', part, kind), { recursive: true });
    const png = encode({ width, height, data, channels });
    writeFileSync(join(folder, 'cells', part, kind, `${name}.png`), png);
  }
}

/** Runs a command of the guide in the folder. */
function run(command: string, ...more: string[]) {
  const args = command.split(' ').slice(2);
  const backend = /^npx boxprop export|--resume/.test(command) ? [] : ['--backend', 'cpu'];
  return runProgram(process.execPath, [MAIN, ...args, ...backend, ...more], {
    cwd: folder,
  });
}

const commands = [...guide.matchAll(/^npx boxprop .*$/gm)].map(([line]) => line);
const command = (start: string) => commands.find((line) => line.includes(start)) ?? '';

test('the guide has these commands', () => {
  expect(commands.map((line) => line.split(' ')[2])).toEqual([
    'train',
    'evaluate',
    'train',
    'train',
    'evaluate',
  ]);
});

describe('numbers of a table', () => {
  it('are learned, evaluated in their units, reported, exported and resumed', () => {
    const trained = run(command('--target price,rent'), '--epochs', '30');
    expect(trained.status).toBe(0);
    const lines = trained.stdout.split('\n');
    expect(lines[0]).toMatch(
      /^training: 96 examples; numbers to predict: price \(\d+ ± \d+\), rent \([\d.]+ ± [\d.]+\), loss euclidean; columns rooms, area, garden$/,
    );
    expect(lines[1]).toBe('test: 24 examples');
    expect(trained.stdout).toMatch(/\ntest R² 0\.9\d+ \(price R² 0\.9/);
    expect(readFileSync(join(folder, 'runs/houses/report.html'), 'utf8')).toContain(
      'The network learns and generalizes: training R² 0.9',
    );
    const evaluated = run(command('evaluate runs/houses'));
    expect(evaluated.stdout).toMatch(
      /^houses\.mjs: R² 0\.9\d+, loss 0\.\d+ on 24 examples\nprice {2}R² 0\.9\d+, RMSE \d{4,5}, mean absolute error \d+\nrent {3}R² 0\.9\d+, RMSE \d+/,
    );
    const json = JSON.parse(run(command('evaluate runs/houses'), '--json').stdout) as {
      rSquared: number;
      targets: { name: string; rmse: number; rSquared: number }[];
    };
    expect(json.targets.map(({ name }) => name)).toEqual(['price', 'rent']);
    // An exported network returns prices, and has the same R² in other units.
    const weights = 'runs/houses/weights.safetensors';
    const exported = run(`npx boxprop export houses.mjs --weights ${weights} --onnx houses.onnx`);
    expect(exported.stdout).toBe('houses.onnx: houses.mjs as ONNX\n');
    const onnx = run('npx boxprop evaluate houses.onnx --data houses.csv --json');
    const found = JSON.parse(onnx.stdout) as typeof json;
    expect(found.rSquared).toBeCloseTo(json.rSquared, 4);
    expect(found.targets[0].rmse / json.targets[0].rmse).toBeCloseTo(1, 3);
    const resumed = run('npx boxprop train houses.mjs --resume runs/houses --epochs 31').stdout;
    expect(resumed).toContain('epoch 31/31');
  });

  it('are refused by commands that need classes, and with options for labels', () => {
    const weights = 'runs/houses/weights.safetensors';
    const failing = (text: string) => run(text).stderr.split('\n').at(-2);
    expect(
      failing(`npx boxprop units ${weights} --network houses.mjs --data houses.csv`),
    ).toContain('expected a column "label" with the classes');
    const base = 'npx boxprop train houses.mjs --data houses.csv';
    expect(failing(`${base} --loss huber`)).toBe(
      'boxprop: --loss: expected --target with it, because the loss of one label per example is the cross-entropy, got huber',
    );
    expect(failing(`${base} --target price --mixup 0.2`)).toBe(
      'boxprop: --target: expected no --mixup with it, got 0.2',
    );
    expect(failing(`${base} --target cost`)).toBe(
      'boxprop: houses.csv: expected a column "cost" with targets, got "rooms", "area", "garden", "price", "rent"; --target names another one',
    );
    expect(failing(`${base} --target price --loss binary-cross-entropy`)).toMatch(
      /^boxprop: houses\.csv: example 0: expected answers from 0 to 1, got \d+$/,
    );
    expect(failing(`${base} --target price --loss cross-entropy`)).toBe(
      'boxprop: --loss: expected another loss than cross-entropy for columns of numbers: --label names the column of the classes',
    );
    expect(
      failing(
        `npx boxprop evaluate ${weights} --network houses.mjs --data houses.csv --target rent`,
      ),
    ).toBe('boxprop: --target: expected price, rent, as in the training of the weights, got rent');
  });
});

test('answers in columns', () => {
  const { status, stdout } = run(command('--target garden'), '--epochs', '2', '--no-report');
  expect(status).toBe(0);
  expect(stdout).toContain('; answers: garden, loss binary-cross-entropy; columns rooms, area');
  expect(stdout).toMatch(/\ntest error \d+\.\d\d % after 2 epochs/);
});

describe('labels of pixels', () => {
  it('are learned, evaluated and reported', () => {
    const trained = run(command('--target masks'), '--epochs', '12');
    expect(trained.stderr).not.toContain('boxprop:');
    expect(trained.stdout.split('\n')[0]).toBe(
      'training: 12 examples; labels of 2 classes, 255 not counted in masks, loss cross-entropy; images resized to 24x16, whatever their proportions',
    );
    expect(trained.stdout).toMatch(/\ntest error \d\.\d\d %, mean IoU 0\.\d+ after 12 epochs/);
    expect(readFileSync(join(folder, 'runs/cells/report.html'), 'utf8')).toContain(
      '<h2>Targets</h2>',
    );
    expect(run(command('evaluate runs/cells')).stdout).toMatch(
      /^cells\.mjs: error \d\.\d\d %, mean IoU 0\.\d+, loss 0\.\d+ on 4 examples\n$/,
    );
  });

  it('are refused by classify', () => {
    const args = ['--weights', join(folder, 'runs/cells/weights.safetensors')];
    const network = ['--network', join(folder, 'cells.mjs'), '--backend', 'cpu'];
    const image = join(folder, 'cells/test/images/0.png');
    expect(boxprop('classify', image, ...args, ...network).stderr).toBe(
      `boxprop: ${args[1]}: expected weights of a classifier, got some that predict masks\n`,
    );
  });
});
