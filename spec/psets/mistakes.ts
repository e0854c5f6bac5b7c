/** Wrong submissions: the reference solution with edits, and what the grader has to say of which function. */
export interface Submission {
  readonly planted: string;
  readonly edits: readonly (readonly [from: string, to: string])[];
  readonly task: string;
}

const FORWARD = 'out[i] += x[j] * w[m]';
const INPUT = 'gradInput[j] += gradOutput[i] * w[m]';
const PARAMS = 'gradWeight[m] += gradOutput[i] * x[j]';
const P = 'Math.floor((w.length - 1) / 2)';

const forward = (planted: string, to: string): Submission => ({
  planted,
  edits: [[FORWARD, to]],
  task: 'forward',
});
const toInput = (planted: string, to: string): Submission => ({
  ...{ planted, edits: [[INPUT, to]] },
  task: 'backpropToInput',
});
const toParams = (planted: string, to: string): Submission => ({
  ...{ planted, edits: [[PARAMS, to]] },
  task: 'backpropToParams',
});

const convolution: readonly Submission[] = [
  forward('flipped kernel', 'out[i] += x[j] * w[w.length - 1 - m]'),
  {
    ...{ planted: 'flipped kernel', task: 'forward' },
    edits: [['source(i - p + m, N, boundary)', 'source(i + p - m, N, boundary)']],
  },
  { planted: 'shifted by one for even kernels', edits: [['(M - 1) / 2', 'M / 2']], task: 'forward' },
  {
    ...{ planted: 'shifted by one: the kernel', task: 'forward' },
    edits: [['const p = Math.floor((M - 1) / 2)', 'const p = Math.floor((M + 1) / 2)']],
  },
  forward(
    'border terms are missing',
    `((s) => { if (s >= 0 && s + w.length <= x.length) out[i] += x[j] * w[m]; })(i - ${P})`,
  ),
  forward('overwritten instead of summed', 'out[i] = x[j] * w[m]'),
  forward('returns NaN', `out[i] += x[i - ${P} + m] * w[m]`),
  forward('throws RangeError: out of luck', "(() => { throw new RangeError('out of luck'); })()"),
  forward('does not return', '(() => { for (;;) continue; })()'),
  { planted: 'wrong shape', edits: [['return out;', 'return out.slice(1);']], task: 'forward' },
  toInput('transposed', 'gradInput[i] += gradOutput[j] * w[m]'),
  toInput('flipped kernel', 'gradInput[j] += gradOutput[i] * w[w.length - 1 - m]'),
  toInput('overwritten instead of summed', 'gradInput[j] = gradOutput[i] * w[m]'),
  toInput('the sign is wrong', 'gradInput[j] -= gradOutput[i] * w[m]'),
  toInput('a factor: every number is 2 times', 'gradInput[j] += 2 * gradOutput[i] * w[m]'),
  toInput(
    'terms at the border are missing or counted twice',
    'gradInput[j] += (j === 0 || j === x.length - 1 ? 2 : 1) * gradOutput[i] * w[m]',
  ),
  {
    ...{ planted: 'what is read through the boundary', task: 'backpropToInput' },
    edits: [[`boundary, (i, j, m) => (${INPUT}))`, `'zeros', (i, j, m) => (${INPUT}))`]],
  },
  {
    ...{ planted: 'mutates its input', task: 'backpropToInput' },
    edits: [['return gradInput;', 'gradOutput[0] = 0;\n  return gradInput;']],
  },
  toParams('flipped kernel', 'gradWeight[w.length - 1 - m] += gradOutput[i] * x[j]'),
  toParams(
    'divided by the length of gradOutput',
    'gradWeight[m] += (gradOutput[i] * x[j]) / gradOutput.length',
  ),
  toParams('overwritten instead of summed', 'gradWeight[m] = gradOutput[i] * x[j]'),
  toParams('every number is 0', 'gradWeight[m] += 0 * gradOutput[i] * x[j]'),
  {
    ...{ planted: 'keeps something between calls', task: 'backpropToParams' },
    edits: [
      [
        'const gradWeight = w.map(() => 0);',
        'const gradWeight = (kept = kept.length ? kept : w.map(() => 0));',
      ],
      ['/** ∂C/∂w[m]', 'let kept: number[] = [];\n/** ∂C/∂w[m]'],
    ],
  },
];

const COLLECT = 'at.forEach((j, i) => (gradInput[j] += gradOutput[i]));';
const collect = (planted: string, to: string): Submission => ({
  ...{ planted, edits: [[COLLECT, to]] },
  task: 'backpropToInput',
});
const pooled = (planted: string, to: string): Submission => ({
  ...{ planted, task: 'backpropToInput' },
  edits: [['return collect(gradOutput, winners(x, K, S), x.length);', to]],
});
const WINDOWS = (inner: string) =>
  `const out = x.map(() => 0);
  gradOutput.forEach((g, i) => {
    const window = x.slice(i * S, i * S + K);
    const top = Math.max(...window);
    window.forEach((v, m) => { ${inner} });
  });
  return out;`;
const same = (planted: string, to: string): Submission => ({
  ...{ planted, task: 'forwardSame' },
  edits: [['return winnersSame(x, K).map((j) => x[j]);', to]],
});
const plain = (planted: string, to: string): Submission => ({
  ...{ planted, task: 'forward' },
  edits: [['return winners(x, K, S).map((j) => x[j]);', to]],
});

const maxPooling: readonly Submission[] = [
  collect('overlap overwritten instead of summed', 'at.forEach((j, i) => (gradInput[j] = gradOutput[i]));'),
  collect('the sign is wrong', 'at.forEach((j, i) => (gradInput[j] -= gradOutput[i]));'),
  collect('every number is 0', ''),
  collect(
    'shifted by one',
    'at.forEach((j, i) => (gradInput[j + 1] += gradOutput[i]));\n  gradInput.length = N;',
  ),
  pooled('gradient sent to all ties', WINDOWS('if (v === top) out[i * S + m] += g;')),
  pooled(
    'gradient shared among ties',
    WINDOWS('if (v === top) out[i * S + m] += g / window.filter((u) => u === top).length;'),
  ),
  pooled('gradient sent to the whole window', WINDOWS('out[i * S + m] += g + 0 * v * top;')),
  { planted: 'the last of equals', edits: [['x[j] > x[best]', 'x[j] >= x[best]']], task: 'backpropToInput' },
  pooled('mutates its input', 'x.sort();\n  return collect(gradOutput, winners(x, K, S), x.length);'),
  pooled('returns nothing', 'collect(gradOutput, winners(x, K, S), x.length);'),
  plain('the stride is ignored', 'return winners(x, K, 1).map((j) => x[j]);'),
  plain('largest by size', 'return winners(x.map(Math.abs), K, S).map((j) => x[j]);'),
  plain('ends the process', 'return process.exit(0);'),
  plain(
    'MiB of memory',
    'const all: number[][] = [];\n  for (;;) all.push(Array.from({ length: 1e5 }, () => K));',
  ),
  { planted: 'missing', edits: [['export function forward(', 'function forward(']], task: 'forward' },
  same(
    'the border counts as 0',
    `const p = Math.floor((K - 1) / 2);
  const at = (j: number) => (j >= 0 && j < x.length ? x[j] : 0);
  return x.map((_, i) => Math.max(...Array.from({ length: K }, (__, m) => at(i - p + m))));`,
  ),
  same('border terms are missing', 'return winners(x, K, 1).map((j) => x[j]);'),
  {
    ...{ planted: 'shifted by one', task: 'forwardSame' },
    edits: [['const p = Math.floor((K - 1) / 2);', 'const p = Math.floor((K + 1) / 2);']],
  },
];

export const SUBMISSIONS = { convolution, 'max-pooling': maxPooling } as const;

/** Right, and written another way. */
export const UNUSUAL = {
  convolution: `
type Rows = number[][];
const wrap = (j: number, n: number, mode: string) =>
  mode === 'zeros' ? j : mode === 'replicate' ? Math.min(n - 1, Math.max(0, j))
    : mode === 'circular' ? (j + n) % n : n - 1 - Math.abs(n - 1 - Math.abs(j));
// The band matrix A, out = A x.
const band = (n: number, w: number[], mode: string): Rows => {
  const a = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  a.forEach((row, i) => w.forEach((v, m) => {
    const j = wrap(i - ((w.length - 1) >> 1) + m, n, mode);
    if (j >= 0 && j < n) row[j] += v;
  }));
  return a;
};
const times = (a: Rows, x: number[]) => Float64Array.from(a, (row) => row.reduce((s, v, j) => s + v * x[j], 0));
const turned = (a: Rows) => a[0].map((_, j) => a.map((row) => row[j]));
export const forward = (x: number[], w: number[], mode: string) => times(band(x.length, w, mode), x);
export const backpropToInput = (g: number[], x: number[], w: number[], mode: string) =>
  times(turned(band(x.length, w, mode)), g);
export const backpropToParams = (g: number[], x: number[], w: number[], mode: string) =>
  w.map((_, m) => times(band(x.length, w.map((__, k) => Number(k === m)), mode), x).reduce((s, v, i) => s + v * g[i], 0));
`,
  'max-pooling': `
const first = (part: number[]) => part.indexOf([...part].sort((a, b) => b - a)[0]);
const starts = (n: number, k: number, s: number) => [...Array(n).keys()].filter((i) => i % s === 0 && i + k <= n);
export const forward = (x: number[], k: number, s: number) =>
  starts(x.length, k, s).map((i) => x[i + first(x.slice(i, i + k))]);
export const backpropToInput = (g: number[], x: number[], k: number, s: number) =>
  x.map((_, j) => starts(x.length, k, s).reduce((sum, i, o) => sum + (i + first(x.slice(i, i + k)) === j ? g[o] : 0), 0));
const around = (x: number[], i: number, k: number): [number, number] => {
  const from = Math.max(0, i - ((k - 1) >> 1));
  return [from, from + first(x.slice(from, i - ((k - 1) >> 1) + k))];
};
export const forwardSame = (x: number[], k: number) => x.map((_, i) => x[around(x, i, k)[1]]);
export const backpropSameToInput = (g: number[], x: number[], k: number) =>
  x.map((_, j) => x.reduce((sum, __, i) => sum + (around(x, i, k)[1] === j ? g[i] : 0), 0));
`,
} as const;
