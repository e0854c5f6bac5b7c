import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../index.ts';
import { boxprop, BUILT } from '../support/runCommand.ts';

let folder: string;
const out = (name: string) => join(folder, name);

const NETWORK = `
import { BatchNorm, Flatten, Linear, ReLU, Sequential } from 'boxprop';
export function network({ rng, inputShape, classes }) {
  const [h, w, c] = inputShape;
  return new Sequential({
    flat: new Flatten(),
    one: new Linear(h * w * c, 6, { rng }),
    norm: new BatchNorm(6),
    relu: new ReLU(),
    two: new Linear(6, 5, { rng }),
    act: new ReLU(),
    scores: new Linear(5, classes, { rng }),
  });
}
`;

beforeAll(() => {
  // The folder is inside the project, so that the network can import boxprop, and git ignores it.
  folder = mkdtempSync(join(BUILT, 'ablate-'));
  mkdirSync(out('data'));
  const rng = new Rng(8);
  for (const [part, count] of [
    ['train', 90],
    ['test', 40],
  ] as const) {
    const lines = Array.from({ length: count }, () => {
      const values = Array.from(rng.normals(4), (value) => value.toFixed(3));
      return [Number(values[0]) + Number(values[1]) > 0 ? 1 : 0, ...values].join(',');
    });
    writeFileSync(join(out('data'), `${part}.csv`), ['label,a,b,c,d', ...lines].join('\n'));
  }
  writeFileSync(out('net.mjs'), NETWORK);
});
afterAll(() => rmSync(folder, { recursive: true }));

const ablate = (network: string, ...args: string[]) =>
  boxprop('ablate', network, '--retrain', '--backend', 'wasm', '--epochs', '2', ...args);
const own = (name: string, ...args: string[]) =>
  ablate(out('net.mjs'), '--data', out('data'), '--out', out(name), ...args);

interface Stored {
  readonly results: readonly { readonly without: readonly string[]; readonly seed: number }[];
}

test("a network of one's own without each of its layers, and then more of the same", () => {
  const first = own('a', '--seeds', '2');
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout).toContain('training 6 of 6: without two, seed 1: test error ');
  // Linear(4, 6), BatchNorm(6), Linear(6, 5) and Linear(5, 2) have 30 + 12 + 35 + 12 parameters.
  expect(first.stdout).toMatch(/\(all layers\) +│ +│ +89 │ +0 │/);
  // Linear(4, 5) and Linear(5, 2) are left: 25 + 12.
  expect(first.stdout).toMatch(/one +│ 6 neurons +│ +37 │ +52 │/);
  // Linear(4, 6), BatchNorm(6) and Linear(6, 2) are left: 30 + 12 + 14.
  expect(first.stdout).toMatch(/two +│ 5 neurons +│ +56 │ +33 │/);
  // AlexNet's published errors stand only beside layers of AlexNet.
  expect(first.stdout).not.toContain('conv3, conv4, fc6, fc7');

  const more = own('a', '--seeds', '3', '--without', 'norm,one+two');
  expect(more).toMatchObject({ status: 0, stderr: '' });
  // The whole network was trained with two of the three seeds.
  expect(more.stdout).toContain('training 1 of 7: all layers, seed 2: ');
  expect(more.stdout).toMatch(/one \+ two +│ 6 neurons \+ 5 neurons +│ +10 │ +79 │/);
  const { results } = JSON.parse(readFileSync(out('a/ablation.json'), 'utf8')) as Stored;
  expect(results).toHaveLength(6 + 7);

  // The same command again trains nothing and gives the same table.
  const again = own('a', '--seeds', '3', '--without', 'norm,one+two');
  expect(again.stdout).not.toContain('training ');
  expect(more.stdout.endsWith(again.stdout)).toBe(true);

  // The same trainings give the same numbers.
  const json = own('b', '--seeds', '1', '--without', 'two', '--json');
  const { rows } = JSON.parse(json.stdout) as { rows: { error: { mean: number } }[] };
  const table = own('a', '--seeds', '1', '--without', 'two').stdout;
  for (const { error } of rows) expect(table).toContain(` ${error.mean.toFixed(2)} │`);
});

test('results of a network whose file has changed are refused', () => {
  expect(own('changed', '--seeds', '1', '--without', 'two').status).toBe(0);
  const other = NETWORK.replaceAll('5', '7');
  expect(other).not.toBe(NETWORK);
  writeFileSync(out('net.mjs'), other);
  const { status, stderr } = own('changed', '--seeds', '1', '--without', 'two');
  writeFileSync(out('net.mjs'), NETWORK);
  expect(status).toBe(1);
  expect(stderr).toBe(
    `boxprop: --out: expected the network of ${out('changed/ablation.json')}, got another one of its name\n`,
  );
  expect(readdirSync(out('changed'))).toEqual(['ablation.json']);
});

test('an ONNX file, whose boxes begin with the weights of the file', () => {
  const [run, file] = [out('run'), out('net.onnx')];
  const data = ['--data', out('data')];
  const train = ['train', out('net.mjs'), ...data, '--backend', 'wasm', '--out', run];
  expect(boxprop(...train, '--no-report')).toMatchObject({ status: 0 });
  const weights = ['--weights', join(run, 'weights.safetensors'), '--onnx', file];
  expect(boxprop('export', out('net.mjs'), ...weights)).toMatchObject({ status: 0, stderr: '' });
  const result = ablate(file, ...data, '--seeds', '1', '--out', out('onnx'));
  expect(result).toMatchObject({ status: 0, stderr: '' });
  expect(result.stdout).toMatch(/\(all layers\) +│ +│ +89 │ +0 │/);
  expect(result.stdout).toMatch(/two_Gemm +│ 5 neurons │ +56 │ +33 │/);
});

test.each<[string, string[], string]>([
  ['a box that is not there', ['--without', 'tow'], 'withoutLayers: expected the path of a box, got "tow"; did you mean two?'], // prettier-ignore
  ['all layers', ['--without', 'one+two+scores'], 'withoutLayers: expected a layer that is left, got all layers in ["one", "two", "scores"]'], // prettier-ignore
  ['the scores', ['--without', 'scores'], 'withoutLayers: expected outputs of shape [2], got [5] without ["scores"]'], // prettier-ignore
  ['other options', ['--epochs', '3', '--out', 'A'], 'expected the options of FOLDER/a/ablation.json: epochs 2, got 3'], // prettier-ignore
])('%s is refused', (_, args, message) => {
  const given = args.map((arg) => (arg === 'A' ? out('a') : arg));
  const { status, stderr } = boxprop(
    ...['ablate', out('net.mjs'), '--retrain', '--backend', 'wasm', '--data', out('data')],
    ...given,
    ...(given.includes('--out') ? [] : ['--out', out('refused')]),
  );
  expect(status).toBe(1);
  expect(stderr).toContain(message.replace('FOLDER', folder));
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('without --retrain, only AlexNet has published results', () => {
  const { status, stderr } = boxprop('ablate', 'lenet');
  expect(status).toBe(1);
  expect(stderr).toBe(
    'boxprop: network: expected alexnet, whose results are published, got "lenet"; --retrain trains it without each layer\n',
  );
});
