import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Transfer } from '../../cli/transferAttack.ts';
import { boxprop, BUILT } from '../support/runCommand.ts';

let folder: string;
const weights = (name: string) => join(folder, name, 'weights.safetensors');

/** Two networks of one seed each with other preprocessing, and another architecture. */
const TRAINED: readonly [name: string, args: string[]][] = [
  ['a', ['lenet1', '--seed', '0']],
  ['b', ['lenet1', '--seed', '1', '--preprocess', 'standardize']],
  ['c', ['lenet', '--seed', '0', '--preprocess', 'pad:2']],
];

beforeAll(() => {
  folder = mkdtempSync(join(BUILT, 'transfer-'));
  for (const [name, args] of TRAINED) {
    const run = ['--limit', '1500', '--epochs', '3', '--backend', 'wasm', '--no-report'];
    const trained = boxprop('train', ...args, ...run, '--out', join(folder, name));
    expect(trained).toMatchObject({ status: 0, stderr: '' });
  }
});
beforeAll(() => {
  const row = (k: number) => [k % 2 ? 'yes' : 'no', 0.5, -2].join(',');
  const rows = Array.from({ length: 20 }, (_, k) => row(k));
  writeFileSync(join(folder, 'table.csv'), ['label,a,b', ...rows].join('\n'));
  writeFileSync(
    join(folder, 'net.mjs'),
    `import { Flatten, Linear, Sequential } from 'boxprop';
    export const network = ({ rng }) => new Sequential([new Flatten(), new Linear(2, 2, { rng })]);`,
  );
  const data = ['--data', join(folder, 'table.csv'), '--backend', 'wasm', '--epochs', '1'];
  const out = ['--no-report', '--out', join(folder, 'd')];
  expect(boxprop('train', join(folder, 'net.mjs'), ...data, ...out)).toMatchObject({ status: 0 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const transfer = (...args: string[]) => boxprop('transfer', ...args, '--backend', 'wasm');

test('each network is deceived most by the images that were made for it', () => {
  const names = ['a', 'b', 'c'].map(weights);
  const options = ['--limit', '150', '--epsilon', '0.15'];
  const { status, stdout, stderr } = transfer(...names, ...options, '--json');
  expect([status, stderr]).toEqual([0, '']);
  const { images, rows } = JSON.parse(stdout) as Transfer;
  expect(images).toBe(150);
  const [plain, ...made] = rows;
  expect(plain.distortion).toBe(0);
  made.forEach(({ errorRates, distortion }, k) => {
    // No pixel changes by more than ε, and those at the limits of 0 and 1 change by less.
    expect(distortion).toBeGreaterThan(0.05);
    expect(distortion).toBeLessThanOrEqual(0.15 + 1e-6);
    expect(errorRates[k]).toBe(Math.max(...made.map((row) => row.errorRates[k])));
    expect(errorRates[k]).toBeGreaterThan(plain.errorRates[k] + 0.3);
  });
  // The errors on the unchanged images are those that `evaluate` would count.
  for (const rate of plain.errorRates) expect(rate).toBeLessThan(0.35);

  const table = transfer(...names, ...options).stdout;
  expect(table).toMatch(/\(unchanged\) +│ +\d+\.\d │ +\d+\.\d │ +\d+\.\d │ +0\.000 │/);
  expect(table).toContain(`3  ${names[2]}`);
});

test('the closest images move less than those of gradient sign', () => {
  const options = ['--limit', '2', '--json'];
  const of = (...args: string[]) =>
    JSON.parse(transfer(weights('a'), weights('b'), ...options, ...args).stdout) as Transfer;
  const [signed, closest] = [of('--epsilon', '0.25'), of('--method', 'closest')];
  expect(closest.rows[1].errorRates[0]).toBe(1);
  expect(closest.rows[1].distortion).toBeLessThan(signed.rows[1].distortion);
});

test.each<[string, () => string[], string]>([
  ['one file', () => [weights('a')], 'boxprop: weights: expected those of two networks or more, got one file\n'], // prettier-ignore
  ['an option that the method ignores', () => [weights('a'), weights('b'), '--method', 'closest', '--epsilon', '0.1'], 'boxprop: --epsilon: expected --method sign, got closest\n'], // prettier-ignore
  ['a table of other values', () => [weights('d'), weights('d'), '--network', join(folder, 'net.mjs'), '--data', join(folder, 'table.csv')], 'boxprop: --data: expected images, whose values are from 0 to 1, got a value of -2\n'], // prettier-ignore
  ['a network that no weights need', () => [weights('a'), weights('b'), '--network', 'lenet5'], 'boxprop: --network: expected weights that do not name their network, got '], // prettier-ignore
  ['a missing file', () => [weights('a'), join(folder, 'no')], `cannot be read: ENOENT`],
])('%s is refused', (_, args, message) => {
  const { status, stderr } = transfer(...args());
  expect(status).toBe(1);
  expect(stderr).toContain(message);
});
