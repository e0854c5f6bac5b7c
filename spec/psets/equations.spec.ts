import { tensor1d, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BatchNorm,
  PReLU,
  constant,
  Conv1D,
  init,
  Linear,
  MaxPool1D,
  release,
  Softmax,
  SoftmaxCrossEntropy,
  withBackend,
} from '../../index.ts';
import type { Grads } from '../../index.ts';
import { close } from '../../lib/psets/numbers.ts';
import { psets } from '../../psets/index.ts';
import { Rng } from '../../lib/rng.ts';
import { backpropToInput, forward, type Boundary } from '../../psets/convolution/solution.ts';
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

test('linear: input, weights and biases, a batch', async () => {
  for (const equation of [
    'x_{out}[n][i] = b[i] + \\sum_j W[i][j] \\; x_{in}[n][j]',
    '= \\sum_i \\frac{\\partial C}{\\partial x_{out}[n][i]} \\; W[i][j]',
    '= \\sum_n \\frac{\\partial C}{\\partial x_{out}[n][i]} \\; x_{in}[n][j]',
    '\\frac{\\partial C}{\\partial b[i]} = \\sum_n \\frac{\\partial C}{\\partial x_{out}[n][i]}',
  ]) {
    expect(readme('linear')).toContain(equation);
  }
  await withBackend('float64', () => {
    for (const args of drawn('linear')) {
      const { x, W, gradOutput: g } = args as Record<string, number[][]>;
      const { b } = args as { b: number[] };
      const [N, I, J] = [x.length, W.length, x[0].length];
      const box = new Linear(J, I, { init: init.values(W.flat()) });
      box.params.bias?.assign(constant<Rank.R1>(b, [I]));
      const { output, cache } = box.forward(constant<Rank.R2>(x.flat(), [N, J]));
      const gradient = constant<Rank.R2>(g.flat(), [N, I]);
      const gradInput = box.backpropToInput(gradient, cache);
      const grads = box.backpropToParams(gradient, cache);
      const grid = (rows: number, columns: number, give: (r: number, c: number) => number) =>
        list(rows * columns, (k) => give(Math.floor(k / columns), k % columns));
      const same = (literal: readonly number[], found: Tensor | undefined) =>
        expect(found && close(literal, [...found.dataSync()])).toBe(true);
      same(grid(N, I, (n, i) => b[i] + sum(0, J, (j) => W[i][j] * x[n][j])), output); // prettier-ignore
      same(grid(N, J, (n, j) => sum(0, I, (i) => g[n][i] * W[i][j])), gradInput); // prettier-ignore
      same(grid(I, J, (i, j) => sum(0, N, (n) => g[n][i] * x[n][j])), grads.weight); // prettier-ignore
      same(list(I, (i) => sum(0, N, (n) => g[n][i])), grads.bias); // prettier-ignore
      release([output, cache, gradient, gradInput, grads]);
      box.dispose();
    }
  });
});

test('softmax: the module alone, and with its cost', async () => {
  expect(readme('softmax')).toContain('= y_i \\left( g_i - \\sum_j g_j y_j \\right)');
  expect(readme('softmax')).toContain('\\frac{\\partial C}{\\partial x_i} = y_i - 1[i = t]');
  await withBackend('float64', () => {
    for (const args of drawn('softmax')) {
      const { x, gradOutput: g } = args as { x: number[]; gradOutput: number[] };
      const { t } = args as { t: number };
      const n = x.length;
      const box = new Softmax();
      const { output, cache } = box.forward(constant<Rank.R2>(x, [1, n]));
      const gradient = constant<Rank.R2>(g, [1, n]);
      const gradInput = box.backpropToInput(gradient, cache);
      const y = [...output.dataSync()];
      const literal = list(n, (i) => y[i] * (g[i] - sum(0, n, (j) => g[j] * y[j])));
      expect(close(literal, [...gradInput.dataSync()])).toBe(true);
      const cost = new SoftmaxCrossEntropy();
      const labels = tensor1d([t], 'int32');
      const found = cost.forward(constant<Rank.R2>(x, [1, n]), labels);
      const toInput = cost.backpropToInput(found.cache);
      expect(close(list(n, (i) => y[i] - Number(i === t)), [...toInput.dataSync()])).toBe(true); // prettier-ignore
      release([output, cache, gradient, gradInput, labels, found, toInput]);
    }
  });
});

test('batch-norm: input, scale and shift', async () => {
  for (const equation of [
    '\\frac{\\gamma}{\\sqrt{\\sigma^2 + \\varepsilon}} \\left( g_i - \\frac1m \\sum_j g_j - \\hat x_i \\frac1m \\sum_j g_j \\hat x_j \\right)',
    '= \\sum_i g_i \\hat x_i, \\qquad \\frac{\\partial C}{\\partial \\beta} = \\sum_i g_i',
  ]) {
    expect(readme('batch-norm')).toContain(equation);
  }
  await withBackend('float64', () => {
    for (const args of drawn('batch-norm')) {
      const { x, gradOutput: g } = args as { x: number[]; gradOutput: number[] };
      const { gamma, beta, eps } = args as Record<string, number>;
      const m = x.length;
      const box = new BatchNorm(1, { eps });
      box.params.weight?.assign(constant<Rank.R1>([gamma], [1]));
      box.params.bias?.assign(constant<Rank.R1>([beta], [1]));
      const { output, cache } = box.forward(constant<Rank.R2>(x, [m, 1]), { mode: 'training' });
      const gradient = constant<Rank.R2>(g, [m, 1]);
      const gradInput = box.backpropToInput(gradient, cache);
      const grads: Grads = box.backpropToParams(gradient, cache);
      const mu = sum(0, m, (i) => x[i]) / m;
      const variance = sum(0, m, (i) => (x[i] - mu) ** 2) / m;
      const hat = list(m, (i) => (x[i] - mu) / Math.sqrt(variance + eps));
      const [mean, product] = [sum(0, m, (j) => g[j]) / m, sum(0, m, (j) => g[j] * hat[j]) / m]; // prettier-ignore
      const same = (literal: readonly number[], found: Tensor | undefined) =>
        expect(found && close(literal, [...found.dataSync()])).toBe(true);
      same(list(m, (i) => gamma * hat[i] + beta), output); // prettier-ignore
      same(list(m, (i) => (gamma / Math.sqrt(variance + eps)) * (g[i] - mean - hat[i] * product)), gradInput); // prettier-ignore
      same([sum(0, m, (i) => g[i] * hat[i])], grads.weight); // prettier-ignore
      same([sum(0, m, (i) => g[i])], grads.bias); // prettier-ignore
      release([output, cache, gradient, gradInput, grads]);
      box.dispose();
    }
  });
});

test('prelu: input and slopes', async () => {
  expect(readme('prelu')).toContain(
    "\\cdot h'(x_{in}[n][c]), \\qquad h'(x) = 1 \\text{ if } x > 0, \\text{ else } a[c]",
  );
  expect(readme('prelu')).toContain(
    '= \\sum_n \\frac{\\partial C}{\\partial x_{out}[n][c]} \\; \\min(0, x_{in}[n][c])',
  );
  await withBackend('float64', () => {
    for (const args of drawn('prelu')) {
      const { x, gradOutput: g } = args as Record<string, number[][]>;
      const { a } = args as { a: number[] };
      const [N, C] = [x.length, a.length];
      const box = new PReLU(C, { init: init.values(a) });
      const { output, cache } = box.forward(constant<Rank.R2>(x.flat(), [N, C]));
      const gradient = constant<Rank.R2>(g.flat(), [N, C]);
      const gradInput = box.backpropToInput(gradient, cache);
      const grads = box.backpropToParams(gradient, cache);
      const slope = (n: number, c: number) => (x[n][c] > 0 ? 1 : a[c]);
      const toInput = list(N * C, (k) => g[Math.floor(k / C)][k % C] * slope(Math.floor(k / C), k % C));
      const toParams = list(C, (c) => sum(0, N, (n) => g[n][c] * Math.min(0, x[n][c])));
      expect(close(toInput, [...gradInput.dataSync()])).toBe(true);
      expect(close(toParams, [...(grads.weight?.dataSync() ?? [])])).toBe(true);
      release([output, cache, gradient, gradInput, grads]);
      box.dispose();
    }
  });
});
