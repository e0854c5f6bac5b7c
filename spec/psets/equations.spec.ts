import { tensor1d, type Rank, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Abs,
  BatchNorm,
  constant,
  Conv1D,
  disposeTensors,
  DivisiveNorm2D,
  Dropout,
  Euclidean,
  type Grads,
  init,
  Linear,
  MaxPool1D,
  type Module,
  PReLU,
  ReLU,
  Sequential,
  Sigmoid,
  Softmax,
  SoftmaxCrossEntropy,
  SubtractiveNorm2D,
  Tanh,
  withBackend,
} from '../../index.ts';
import { close } from '../../psets/grader/values.ts';
import { psets } from '../../psets/index.ts';
import { Rng } from '../../lib/rng.ts';
import { backpropToInput, forward, type Boundary } from '../../psets/convolution/solution.ts';
import * as example from '../../psets/backprop-example/solution.ts';
import { ROOT } from '../support/runCommand.ts';

/**
 * Evaluates the final equations of the derivations as they stand in the text, and compares the
 * results with the boxes.
 */

const sum = (from: number, to: number, term: (k: number) => number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, k) => term(from + k)).reduce(
    (a, b) => a + b,
    0,
  );
const list = (length: number, give: (k: number) => number) =>
  Array.from({ length }, (_, k) => give(k));
const readme = (name: string) =>
  readFileSync(join(ROOT, 'psets', name, 'README.md'), 'utf8').replace(/\s+/g, ' ');

/**
 * The table of border indices in the problem statement. undefined means that no element is read.
 */
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
    'x_{\\text{out}}[i] = \\sum_{m} x_{\\text{in}}[\\rho(i - p + m)] \\; w[m]',
    '= \\sum_{(i, m) \\,:\\, \\rho(i-p+m) = j} \\frac{\\partial C}{\\partial x_{\\text{out}}[i]} \\; w[m]',
    '= \\sum_i \\frac{\\partial C}{\\partial x_{\\text{out}}[i]} \\; x_{\\text{in}}[\\rho(i - p + m)]',
    '= \\sum_{m} \\frac{\\partial C}{\\partial x_{\\text{out}}[j + p - m]} \\; w[m]',
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
      const toParams = list(M, (m) =>
        sum(0, N, (i) => g[i] * read(x, rho(i - p + m, N, boundary))),
      );
      expect(close(out, [...output.dataSync()])).toBe(true);
      expect(close(toInput, [...gradInput.dataSync()])).toBe(true);
      expect(close(toParams, [...weight.dataSync()])).toBe(true);
      if (boundary === 'zeros') {
        const flipped = list(N, (j) =>
          sum(0, M, (m) => (j + p - m >= 0 && j + p - m < N ? g[j + p - m] * w[m] : 0)),
        );
        expect(close(flipped, toInput)).toBe(true);
      }
      disposeTensors([output, cache, gradient, gradInput, weight]);
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

test('max-pooling: the gradient sums over the windows whose maximum an element is; also with same length', async () => {
  const equation = '= \\sum_{i \\,:\\, a(i) = j} \\frac{\\partial C}{\\partial x_{\\text{out}}[i]}';
  expect(readme('max-pooling')).toContain(equation);
  await withBackend('float64', () => {
    for (const args of drawn('max-pooling')) {
      const { x, gradOutput, gradSame } = args as {
        x: number[];
        gradOutput: number[];
        gradSame: number[];
      };
      const { K, S } = args as { K: number; S: number };
      const N = x.length;
      const a = (start: number) => {
        const window = list(K, (m) => start + m).filter((j) => j >= 0 && j < N);
        return window[window.map((j) => x[j]).indexOf(Math.max(...window.map((j) => x[j])))];
      };
      const variants = [
        { g: gradOutput, box: new MaxPool1D(K, { stride: S }), start: (i: number) => i * S },
        // Padding is never the maximum, so it equals windows that are cut at the ends. For an even
        // kernel the box pads both ends equally and therefore differs, so only odd kernels are
        // compared.
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
        disposeTensors([output, cache, gradient, gradInput]);
      }
    }
  });
});

test('linear: input, weights and biases, a batch', async () => {
  for (const equation of [
    'x_{\\text{out}}[n][i] = b[i] + \\sum_j W[i][j] \\; x_{\\text{in}}[n][j]',
    '= \\sum_i \\frac{\\partial C}{\\partial x_{\\text{out}}[n][i]} \\; W[i][j]',
    '= \\sum_n \\frac{\\partial C}{\\partial x_{\\text{out}}[n][i]} \\; x_{\\text{in}}[n][j]',
    '\\frac{\\partial C}{\\partial b[i]} = \\sum_n \\frac{\\partial C}{\\partial x_{\\text{out}}[n][i]}',
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
      disposeTensors([output, cache, gradient, gradInput, grads]);
      box.dispose();
    }
  });
});

test('softmax: the box by itself, and with its cost', async () => {
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
      disposeTensors([output, cache, gradient, gradInput, labels, found, toInput]);
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
      disposeTensors([output, cache, gradient, gradInput, grads]);
      box.dispose();
    }
  });
});

test('prelu: input and slopes', async () => {
  expect(readme('prelu')).toContain(
    "\\cdot h'(x_{\\text{in}}[n][c]), \\qquad h'(x) = 1 \\text{ if } x > 0, \\text{ else } a[c]",
  );
  expect(readme('prelu')).toContain(
    '= \\sum_n \\frac{\\partial C}{\\partial x_{\\text{out}}[n][c]} \\; \\min(0, x_{\\text{in}}[n][c])',
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
      const toInput = list(
        N * C,
        (k) => g[Math.floor(k / C)][k % C] * slope(Math.floor(k / C), k % C),
      );
      const toParams = list(C, (c) => sum(0, N, (n) => g[n][c] * Math.min(0, x[n][c])));
      expect(close(toInput, [...gradInput.dataSync()])).toBe(true);
      expect(close(toParams, [...(grads.weight?.dataSync() ?? [])])).toBe(true);
      disposeTensors([output, cache, gradient, gradInput, grads]);
      box.dispose();
    }
  });
});

test('pointwise: each slope, compared with its box', async () => {
  for (const equation of [
    "= \\frac{\\partial C}{\\partial x_{\\text{out}}[i]} \\cdot h'(x_{\\text{in}}[i])",
    "h'(x) = 1[x > 0]",
    "h'(x) = \\mathrm{sign}(x)",
    "h'(x) = y \\, (1 - y)",
    "h'(x) = 1 - \\tanh^2 x",
  ]) {
    expect(readme('pointwise')).toContain(equation);
  }
  const boxes: Record<string, () => Module> = {
    relu: () => new ReLU(),
    abs: () => new Abs(),
    sigmoid: () => new Sigmoid(),
    tanh: () => new Tanh(),
  };
  const slopes: Record<string, (x: number, y: number) => number> = {
    relu: (x) => Number(x > 0),
    abs: (x) => Math.sign(x),
    sigmoid: (_, y) => y * (1 - y),
    tanh: (x) => 1 - Math.tanh(x) ** 2,
  };
  await withBackend('float64', () => {
    for (const args of drawn('pointwise')) {
      const {
        x,
        gradOutput: g,
        kind,
      } = args as { x: number[]; gradOutput: number[]; kind: string };
      const box = boxes[kind]();
      const { output, cache } = box.forward(constant<Rank.R2>(x, [1, x.length]));
      const gradient = constant<Rank.R2>(g, [1, x.length]);
      const y = [...output.dataSync()];
      const literal = x.map((v, i) => g[i] * slopes[kind](v, y[i]));
      const gradInput = box.backpropToInput(gradient, cache);
      expect(close(literal, [...gradInput.dataSync()])).toBe(true);
      disposeTensors([output, cache, gradient, gradInput]);
    }
  });
});

test('euclidean: input, target, and the distance', async () => {
  for (const equation of [
    '\\frac{\\partial C}{\\partial x[n][i]} = \\frac{1}{N} (x[n][i] - y[n][i])',
    '\\frac{\\partial C}{\\partial y[n][i]} = \\frac{1}{N} (y[n][i] - x[n][i])',
    '\\frac{\\partial C}{\\partial x[n][i]} = \\frac{1}{N} \\, \\frac{x[n][i] - y[n][i]}{d_n}',
  ]) {
    expect(readme('euclidean')).toContain(equation);
  }
  await withBackend('float64', () => {
    for (const args of drawn('euclidean')) {
      const { x, y } = args as Record<string, number[][]>;
      const [N, I] = [x.length, x[0].length];
      const cost = new Euclidean();
      // The cost is symmetric, so the gradient of the target is that of the input with both
      // exchanged.
      for (const [a, b] of [
        [x, y],
        [y, x],
      ] as const) {
        const target = constant<Rank.R2>(b.flat(), [N, I]);
        const found = cost.forward(constant<Rank.R2>(a.flat(), [N, I]), target);
        const gradient = cost.backpropToInput(found.cache);
        const literal = a.flatMap((row, n) => row.map((v, i) => (1 / N) * (v - b[n][i])));
        expect(close(literal, [...gradient.dataSync()])).toBe(true);
        disposeTensors([target, found, gradient]);
      }
      // No box computes the distance, so its gradient is compared with finite differences.
      const distance = (rows: number[][]) =>
        sum(0, N, (n) => Math.hypot(...rows[n].map((v, i) => v - y[n][i]))) / N;
      x.forEach((row, n) => {
        const d = Math.hypot(...row.map((v, i) => v - y[n][i]));
        if (d === 0) return;
        row.forEach((v, i) => {
          const at = (by: number) =>
            distance(x.map((own, m) => own.map((u, k) => (m === n && k === i ? u + by : u))));
          expect((at(1e-6) - at(-1e-6)) / 2e-6).toBeCloseTo(((1 / N) * (v - y[n][i])) / d, 7);
        });
      });
    }
  });
});

test('backprop-example: the gradients compared with the boxes, and the numbers of the text', async () => {
  for (const equation of [
    '\\frac{\\partial E}{\\partial w_j} = (o - t) \\tanh a_j',
    '\\frac{\\partial E}{\\partial a_j} = (o - t) \\, w_j \\left( 1 - \\tanh^2 a_j \\right)',
    '\\frac{\\partial E}{\\partial V_{ji}} = \\frac{\\partial E}{\\partial a_j} \\, x_i',
  ]) {
    expect(readme('backprop-example')).toContain(equation);
  }
  await withBackend('float64', () => {
    for (const args of drawn('backprop-example')) {
      const { x, V, w, t } = args as { x: number[]; V: number[][]; w: number[]; t: number };
      const [I, J] = [x.length, w.length];
      const network = new Sequential([
        new Linear(I, J, { bias: false, init: init.values(V) }),
        new Tanh(),
        new Linear(J, 1, { bias: false, init: init.values(w) }),
      ]);
      const { output, cache } = network.forward(constant<Rank.R2>(x, [1, I]));
      const target = constant<Rank.R2>([t], [1, 1]);
      const cost = new Euclidean();
      const found = cost.forward(output, target);
      const grads = network.backpropParams(cost.backpropToInput(found.cache), cache);
      const a = list(J, (j) => sum(0, I, (i) => V[j][i] * x[i]));
      const o = sum(0, J, (j) => w[j] * Math.tanh(a[j]));
      const toW = list(J, (j) => (o - t) * Math.tanh(a[j]));
      const toA = list(J, (j) => (o - t) * w[j] * (1 - Math.tanh(a[j]) ** 2));
      const toV = toA.flatMap((g) => x.map((v) => g * v));
      expect(close([o], [...output.dataSync()])).toBe(true);
      expect(close(toW, [...grads['2.weight'].dataSync()])).toBe(true);
      expect(close(toV, [...grads['0.weight'].dataSync()])).toBe(true);
      network.dispose();
    }
  });
  const { x, V, w, t, eta } = { x: [1, 0.1], V: [[1, -3], [0.2, 1]], w: [1, -1], t: 0.5, eta: -0.2 }; // prettier-ignore
  const text = readme('backprop-example');
  const moved = example.step(x, V, w, t, eta);
  const said = (values: readonly number[], digits: number) =>
    values.map((v) => v.toFixed(digits)).join(' & ');
  expect(text).toContain(
    `\\begin{pmatrix} ${said(moved[0], 4)} \\\\ ${said(moved[1], 4)} \\end{pmatrix}, \\qquad w = (${moved[2].map((v) => v.toFixed(4)).join(', ')})`,
  );
  expect(text).toContain(
    `the output for the same input ${example.output(x, moved.slice(0, 2), moved[2]).toFixed(4)}`,
  );
  expect(text).toContain(
    `fallen from ${example.cost(x, V, w, t).toFixed(5)} to ${example.cost(x, moved.slice(0, 2), moved[2], t).toFixed(5)}`,
  );
  expect(text).toContain(
    `that is $(${example
      .toHiddenInput(x, V, w, t)
      .map((v) => v.toFixed(4))
      .join(', ')})$`,
  );
  expect(text).toContain(
    `that is $(${example
      .toSecondWeights(x, V, w, t)
      .map((v) => Number(v.toPrecision(4)).toFixed(v > -0.1 ? 5 : 4))
      .join(', ')})$`,
  );
});

test('contrast-norm: both modules, compared with the boxes', async () => {
  for (const equation of [
    'A_{ij} = \\frac{w_{j - i + p}}{\\sum_k w_{k - i + p}}',
    '\\frac{\\partial C}{\\partial x_j} = g_j - \\sum_i A_{ij} \\, g_i',
    '\\frac{\\partial C}{\\partial v_j} = \\frac{g_j}{d_j} + v_j \\sum_i A_{ij} \\frac{s_i}{\\sigma_i}',
    's_i = 1[\\sigma_i > c] \\, h_i + \\frac1N \\sum_{k \\,:\\, \\sigma_k \\le c} h_k',
  ]) {
    expect(readme('contrast-norm')).toContain(equation);
  }
  await withBackend('float64', () => {
    for (const args of drawn('contrast-norm')) {
      const { x, v, gradOutput: g } = args as { x: number[]; v: number[]; gradOutput: number[] };
      const N = x.length;
      // The boxes use Gaussian windows, whose standard deviation σ is a quarter of the window size.
      const p = 1 + (N % 2);
      const M = 2 * p + 1;
      const w = list(M, (m) => Math.exp(-((m - p) ** 2) / (2 * (M / 4) ** 2)));
      const A = x.map((_, i) =>
        list(N, (j) => (w[j - i + p] ?? 0) / sum(0, N, (k) => w[k - i + p] ?? 0)),
      );
      const shape: [number, number, number, number] = [1, 1, N, 1];
      const gradient = constant<Rank.R4>(g, shape);
      const run = <C>(box: Module<Tensor4D, Tensor4D, C>, of: number[]) => {
        const { output, cache } = box.forward(constant<Rank.R4>(of, shape));
        const gradInput = box.backpropToInput(gradient, cache);
        return [[...output.dataSync()], [...gradInput.dataSync()]];
      };
      const [taken, toX] = run(new SubtractiveNorm2D(1, { kernelSize: [1, M] }), x);
      expect(close(list(N, (i) => x[i] - sum(0, N, (j) => A[i][j] * x[j])), taken)).toBe(true); // prettier-ignore
      expect(close(list(N, (j) => g[j] - sum(0, N, (i) => A[i][j] * g[i])), toX)).toBe(true); // prettier-ignore
      const [divided, toV] = run(new DivisiveNorm2D(1, { kernelSize: [1, M] }), v);
      const sigma = list(N, (i) => Math.sqrt(sum(0, N, (j) => A[i][j] * v[j] ** 2)));
      const c = sum(0, N, (i) => sigma[i]) / N;
      const d = list(N, (i) => Math.max(c, sigma[i]));
      const h = list(N, (i) => (-g[i] * v[i]) / d[i] ** 2);
      const s = list(
        N,
        (i) => Number(sigma[i] > c) * h[i] + sum(0, N, (k) => (sigma[k] <= c ? h[k] : 0)) / N,
      );
      expect(close(list(N, (i) => v[i] / d[i]), divided)).toBe(true); // prettier-ignore
      expect(close(list(N, (j) => g[j] / d[j] + v[j] * sum(0, N, (i) => (A[i][j] * s[i]) / sigma[i])), toV)).toBe(true); // prettier-ignore
    }
  });
});

test('dropout: the gradient uses the mask, and the mean and variance are right', async () => {
  for (const equation of [
    '= m_i \\, \\frac{\\partial C}{\\partial x_{\\text{out}}[i]}',
    '= x_{\\text{in}}[i]^2 \\, \\frac{p}{1 - p}',
  ]) {
    expect(readme('dropout')).toContain(equation);
  }
  await withBackend('float64', () => {
    const box = new Dropout({ p: 0.3 });
    const draws = 4000;
    const x = list(draws, () => 2);
    const g = list(draws, (i) => 1 + (i % 7));
    const { output, cache } = box.forward(constant<Rank.R2>(x, [1, draws]), {
      mode: 'training',
      rng: new Rng(8),
    });
    const m = [...output.dataSync()].map((v) => v / 2);
    expect([...new Set(m.map((v) => v.toFixed(9)))].sort()).toEqual([
      '0.000000000',
      (1 / 0.7).toFixed(9),
    ]);
    const gradInput = box.backpropToInput(constant<Rank.R2>(g, [1, draws]), cache);
    expect(close(m.map((v, i) => v * g[i]), [...gradInput.dataSync()])).toBe(true); // prettier-ignore
    const mean = sum(0, draws, (i) => 2 * m[i]) / draws;
    const variance = sum(0, draws, (i) => (2 * m[i] - mean) ** 2) / draws;
    // The tolerances are about four standard errors: of the mean, √(4 · 3/7 / 4000), and of the
    // variance.
    expect(Math.abs(mean - 2)).toBeLessThan(0.083);
    expect(Math.abs(variance - 4 * (0.3 / 0.7))).toBeLessThan(0.1);
  });
});
