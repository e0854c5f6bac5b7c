import type { Rank } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constant, Conv1D, init, MaxPool1D, release, withBackend } from '../../index.ts';
import { close } from '../../lib/psets/numbers.ts';
import { psets } from '../../psets/index.ts';
import { Rng } from '../../lib/rng.ts';
import { forward, type Boundary } from '../../psets/convolution/solution.ts';
import { backpropToInput } from '../../psets/convolution/solution.ts';
import { ROOT } from '../cli/run.ts';

/** The final equations of the derivations, evaluated as they stand in the text, against the boxes. */

const sum = (from: number, to: number, term: (k: number) => number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, k) => term(from + k)).reduce((a, b) => a + b, 0);
const list = (length: number, give: (k: number) => number) => Array.from({ length }, (_, k) => give(k));
const readme = (name: string) =>
  readFileSync(join(ROOT, 'psets', name, 'README.md'), 'utf8').replace(/\s+/g, ' ');

/** The table of the statement; undefined reads none. */
const rho = (j: number, N: number, boundary: string): number | undefined => {
  if (j >= 0 && j < N) return j;
  return {
    replicate: j < 0 ? 0 : N - 1,
    reflect: j < 0 ? -j : 2 * (N - 1) - j,
    circular: j < 0 ? j + N : j - N,
  }[boundary];
};
const read = (x: readonly number[], j: number | undefined) => (j === undefined ? 0 : x[j]);

const KINDS = ['zeros', 'replicate', 'reflect', 'circular'] as const;
const drawn = (name: string) => {
  const pset = psets.find((one) => one.name === name);
  if (pset === undefined) throw new Error(name);
  return list(40, (k) => k).map((k) => pset.draw(new Rng(5).fold(k), k).args);
};

test('convolution: forward, input and parameters, all boundaries, odd and even kernels', async () => {
  for (const equation of [
    'x_{out}[i] = \\sum_{m} x_{in}[\\rho(i - p + m)] \\; w[m]',
    '= \\sum_{(i, m) \\,:\\, \\rho(i-p+m) = j} \\frac{\\partial C}{\\partial x_{out}[i]} \\; w[m]',
    '= \\sum_i \\frac{\\partial C}{\\partial x_{out}[i]} \\; x_{in}[\\rho(i - p + m)]',
    '= \\sum_{m} \\frac{\\partial C}{\\partial x_{out}[j + p - m]} \\; w[m]',
  ]) {
    expect(readme('convolution')).toContain(equation);
  }
  await withBackend('float64', () => {
    for (const args of drawn('convolution')) {
      const { x, w, gradOutput: g } = args as { x: number[]; w: number[]; gradOutput: number[] };
      const boundary = args.boundary as Boundary;
      const [N, M] = [x.length, w.length];
      const p = Math.floor((M - 1) / 2);
      const box = new Conv1D(1, 1, M, {
        padding: 'same',
        paddingMode: boundary,
        bias: false,
        init: init.values(w),
      });
      const { output, cache } = box.forward(constant<Rank.R3>(x, [1, N, 1]));
      const gradient = constant<Rank.R3>(g, [1, N, 1]);
      const gradInput = box.backpropToInput(gradient, cache);
      const { weight } = box.backpropToParams(gradient, cache);
      const out = list(N, (i) => sum(0, M, (m) => read(x, rho(i - p + m, N, boundary)) * w[m]));
      const toInput = list(N, (j) =>
        sum(0, N, (i) => sum(0, M, (m) => (rho(i - p + m, N, boundary) === j ? g[i] * w[m] : 0))),
      );
      const toParams = list(M, (m) => sum(0, N, (i) => g[i] * read(x, rho(i - p + m, N, boundary))));
      expect(close(out, [...output.dataSync()])).toBe(true);
      expect(close(toInput, [...gradInput.dataSync()])).toBe(true);
      expect(close(toParams, [...weight.dataSync()])).toBe(true);
      if (boundary === 'zeros') {
        const flipped = list(N, (j) =>
          sum(0, M, (m) => (j + p - m >= 0 && j + p - m < N ? g[j + p - m] * w[m] : 0)),
        );
        expect(close(flipped, toInput)).toBe(true);
      }
      release([output, cache, gradient, gradInput, weight]);
      box.dispose();
    }
  });
});

test("convolution: the README's worked numbers", () => {
  const table = readme('convolution');
  for (const boundary of KINDS) {
    const [x, w, g] = [[1, 2, 3, 4], [1, 10, 100], [1, 1, 1, 1]]; // prettier-ignore
    const [out, toInput] = [forward(x, w, boundary), backpropToInput(g, x, w, boundary)];
    expect(table).toMatch(
      new RegExp(
        `\\| \`${boundary}\` \\| [^|]+ \\| \\(${out.join(', ')}\\) \\| \\(${toInput.join(', ')}\\) \\|`,
      ),
    );
  }
});

test('max-pooling: the gradient is summed over the windows that an element wins; the same length too', async () => {
  const equation = '= \\sum_{i \\,:\\, a(i) = j} \\frac{\\partial C}{\\partial x_{out}[i]}';
  expect(readme('max-pooling')).toContain(equation);
  await withBackend('float64', () => {
    for (const args of drawn('max-pooling')) {
      const { x, gradOutput, gradSame } = args as { x: number[]; gradOutput: number[]; gradSame: number[] };
      const { K, S } = args as { K: number; S: number };
      const N = x.length;
      const a = (start: number) => {
        const window = list(K, (m) => start + m).filter((j) => j >= 0 && j < N);
        return window[window.map((j) => x[j]).indexOf(Math.max(...window.map((j) => x[j])))];
      };
      const variants = [
        { g: gradOutput, box: new MaxPool1D(K, { stride: S }), start: (i: number) => i * S },
        // Padding that never wins is the window cut at the ends; of an even kernel the box pads only alike.
        ...(K % 2 === 1
          ? [
              {
                g: gradSame,
                box: new MaxPool1D(K, { stride: 1, padding: 'same' }),
                start: (i: number) => i - (K - 1) / 2,
              },
            ]
          : []),
      ];
      for (const { g, box, start } of variants) {
        const { output, cache } = box.forward(constant<Rank.R3>(x, [1, N, 1]));
        const gradient = constant<Rank.R3>(g, [1, g.length, 1]);
        const gradInput = box.backpropToInput(gradient, cache);
        expect(list(g.length, (i) => x[a(start(i))])).toEqual([...output.dataSync()]);
        const toInput = list(N, (j) => sum(0, g.length, (i) => (a(start(i)) === j ? g[i] : 0)));
        expect(close(toInput, [...gradInput.dataSync()])).toBe(true);
        release([output, cache, gradient, gradInput]);
      }
    }
  });
});
