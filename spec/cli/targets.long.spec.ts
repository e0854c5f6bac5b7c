import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { fool } from '../../cli/foolNetwork.ts';
import { networkInvariance } from '../../cli/networkInvariance.ts';
import { openSources } from '../../cli/openSource.ts';
import { showUnits } from '../../cli/showUnits.ts';
import { transferAttack } from '../../cli/transferAttack.ts';
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
  return runIn(folder, command, ...more);
}

function runIn(cwd: string, command: string, ...more: string[]) {
  const args = command.split(' ').slice(2);
  const backend = /^npx boxprop (export|explore)|--resume/.test(command)
    ? []
    : ['--backend', 'cpu'];
  return runProgram(process.execPath, [MAIN, ...args, ...backend, ...more], { cwd });
}

/** Returns the error of a command, its last line on stderr. */
const failing = (text: string) => run(text).stderr.split('\n').at(-2);

const commands = [...guide.matchAll(/^npx boxprop .*$/gm)].map(([line]) => line);
const command = (start: string) => commands.find((line) => line.includes(start)) ?? '';

test('the guide has these commands', () => {
  expect(commands.map((line) => line.split(' ')[2])).toEqual([
    'train',
    'evaluate',
    'export',
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
      loss: number;
      targets: { name: string; rmse: number; rSquared: number }[];
    };
    expect(json.targets.map(({ name }) => name)).toEqual(['price', 'rent']);
    // An exported network returns prices. It is evaluated and trained without their units.
    expect(run(command('npx boxprop export')).stdout).toBe('houses.onnx: houses.mjs as ONNX\n');
    const onnx = run(command('evaluate houses.onnx'), '--json');
    const found = JSON.parse(onnx.stdout) as typeof json;
    expect(found.loss).toBeCloseTo(json.loss, 5);
    expect(found.targets[0].rmse / json.targets[0].rmse).toBeCloseTo(1, 3);
    const further = run(
      'npx boxprop train houses.onnx --data houses.csv --target price,rent --preprocess standardize --learning-rate 0.001 --epochs 1 --no-report --out runs/onnx',
    );
    expect(further.stdout).toMatch(/\nepoch 1\/1: loss 0\.\d+, training R² 0\.9/);
    const resumed = run('npx boxprop train houses.mjs --resume runs/houses --epochs 31').stdout;
    expect(resumed).toContain('epoch 31/31');
  });

  it('are refused by commands that need classes, before they open the data', async () => {
    const weights = join(folder, 'runs/houses/weights.safetensors');
    const out = join(folder, 'out.html');
    const table = { data: join(folder, 'houses.csv'), limit: 2, seed: 0, out };
    const units = { ...table, count: 1, perImage: 1, rule: 'deconvnet' } as const;
    const evolution = { generations: 1, offspring: 1 };
    const attack = { ...table, ...evolution, method: 'sign', epsilon: 0.1, examples: [0] } as const;
    for (const [name, refused] of Object.entries({
      units: () => showUnits(weights, units),
      fool: () => fool(weights, attack),
      transfer: () => transferAttack([weights, weights], attack),
      invariance: () => networkInvariance(weights, table),
      'probe, compare': () => openSources('probe', [weights], table),
    })) {
      const message = await refused().catch((error: unknown) => [name, String(error)]);
      expect(message).toEqual([
        name,
        `InputError: ${weights}: expected weights of classes, got weights of the targets price, rent: boxprop evaluate measures them`,
      ]);
    }
  });

  it('are refused by explore, and with options for labels', () => {
    const weights = 'runs/houses/weights.safetensors';
    expect(failing(`npx boxprop explore ${weights} --no-open`)).toContain(
      'the page cannot run the module of a network',
    );
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
    expect(failing(`${base} --target price --from ${weights} --preprocess standardize`)).toBe(
      `boxprop: --target: expected price, rent, the targets of ${weights}, got price, which makes "rent" an input`,
    );
  });

  it('are trained and evaluated from the file of the guide, whose test set may be one example', () => {
    const [, table] = /```\n(rooms,[\s\S]*?)```/.exec(guide) ?? [];
    const own = mkdtempSync(join(BUILT, 'spec-'));
    try {
      writeFileSync(join(own, 'houses.csv'), table);
      copyFileSync(join(folder, 'houses.mjs'), join(own, 'houses.mjs'));
      const trained = runIn(own, command('--target price,rent'), '--epochs', '3', '--no-report');
      expect(trained.stdout).toMatch(/^training: 8 examples; .*\ntest: 2 examples\n/);
      expect(runIn(own, command('evaluate runs/houses')).stdout).toMatch(/\nprice {2}R² -?\d/);
      expect(runIn(own, command('--target garden'), '--epochs', '1').status).toBe(0);
      // With four lines, one is left for tests, and R² is not defined.
      const few = table.split('\n').slice(0, 5).join('\n');
      writeFileSync(join(own, 'houses.csv'), few);
      const args = ['--epochs', '1', '--out', 'runs/few'];
      const small = runIn(
        own,
        command('--target price,rent').replace(' --out runs/houses', ''),
        ...args,
      );
      expect(small.stdout).toMatch(/\ntest R² – \(price R² –, RMSE \d+/);
      expect(small.stdout).not.toContain('NaN');
      expect(readFileSync(join(own, 'runs/few/report.html'), 'utf8')).not.toContain('R² NaN');
    } finally {
      rmSync(own, { recursive: true });
    }
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
      `boxprop: ${args[1]}: expected weights of classes, got weights of the targets masks: boxprop evaluate measures them\n`,
    );
  });
});
