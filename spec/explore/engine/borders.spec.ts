import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBackend } from '../../../index.ts';
import { readsOf, signalSubject, type Signal } from '../../../explore/engine/borders.ts';
import { Engine } from '../../../explore/engine/engine.ts';
import { ROOT } from '../../support/runCommand.ts';

const README = readFileSync(join(ROOT, 'psets/convolution/README.md'), 'utf8');

/** The rows of the table of boundaries: the name, x_out and ∂C/∂x_in. */
const ROWS = [
  ...README.matchAll(/^\| `(\w+)` +\| [^|]+ \| \(([^)]+)\) +\| \(([^)]+)\) +\|$/gm),
].map(([, boundary, ...lists]) => [
  boundary,
  ...lists.map((list) => list.split(', ').map(Number)),
]) as ['zeros' | 'replicate' | 'reflect' | 'circular', number[], number[]][];

function open(signal: Signal) {
  return withBackend('float64', () => new Engine().open('borders', signalSubject(signal)));
}

test('the table of the problem set has four boundaries', () => {
  expect(ROWS.map(([boundary]) => boundary)).toEqual(['zeros', 'replicate', 'reflect', 'circular']);
});

test.each(ROWS)('%s: the numbers of the problem set', async (boundary, output, gradInput) => {
  const signal: Signal = { kind: 'convolution', x: [1, 2, 3, 4], w: [1, 10, 100], g: [1, 1, 1, 1], boundary }; // prettier-ignore
  const { activations, gradients } = await open(signal);
  expect([...activations[1][0].values]).toEqual(output);
  expect([...gradients[0][0].values]).toEqual(gradInput);
  const sums = (size: number) => Array.from({ length: size }, () => 0);
  const [forward, backward] = [sums(4), sums(4)];
  for (const { output, from, tap } of readsOf(signal)) {
    if (from === undefined) continue;
    forward[output] += signal.x[from] * signal.w[tap];
    backward[from] += signal.g[output] * signal.w[tap];
  }
  expect(forward).toEqual(output);
  expect(backward).toEqual(gradInput);
});

test('an even kernel reads one cell more after i than before it', async () => {
  const signal: Signal = { kind: 'convolution', x: [1, 2, 3, 4], w: [1, 10], g: [1, 1, 1, 1], boundary: 'zeros' }; // prettier-ignore
  expect(readsOf(signal).filter(({ output }) => output === 3)).toEqual([
    { output: 3, cell: 3, from: 3, tap: 0, counts: true },
    { output: 3, cell: 4, from: undefined, tap: 1, counts: false },
  ]);
  expect([...(await open(signal)).activations[1][0].values]).toEqual([21, 32, 43, 4]);
});

test('of equal elements the first wins and gets the whole gradient', async () => {
  const signal: Signal = { kind: 'pooling', x: [2, 5, 5, 1], g: [10, 100], size: 3, stride: 1 };
  const winners = readsOf(signal).filter(({ counts }) => counts);
  expect(winners.map(({ from }) => from)).toEqual([1, 1]);
  const { activations, gradients } = await open(signal);
  expect([...activations[1][0].values]).toEqual([5, 5]);
  expect([...gradients[0][0].values]).toEqual([0, 110, 0, 0]);
});
