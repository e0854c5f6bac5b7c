/**
 * A wrong submission: edits of the reference solution, and the function in which the grader must
 * find the mistake.
 */
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
  planted,
  edits: [[INPUT, to]],
  task: 'backpropToInput',
});
const toParams = (planted: string, to: string): Submission => ({
  planted,
  edits: [[PARAMS, to]],
  task: 'backpropToParams',
});

const convolution: readonly Submission[] = [
  forward('flipped kernel', 'out[i] += x[j] * w[w.length - 1 - m]'),
  {
    planted: 'flipped kernel',
    task: 'forward',
    edits: [['source(i - p + m, N, boundary)', 'source(i + p - m, N, boundary)']],
  },
  {
    planted: 'shifted by one for even kernels',
    edits: [['(M - 1) / 2', 'M / 2']],
    task: 'forward',
  },
  {
    planted: 'shifted by one: the kernel',
    task: 'forward',
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
    'every number is 2 times the right one, only at the ends',
    'gradInput[j] += (j === 0 || j === x.length - 1 ? 2 : 1) * gradOutput[i] * w[m]',
  ),
  {
    planted: 'a value read through the boundary',
    task: 'backpropToInput',
    edits: [[`boundary, (i, j, m) => (${INPUT}))`, `'zeros', (i, j, m) => (${INPUT}))`]],
  },
  {
    planted: 'mutates its input',
    task: 'backpropToInput',
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
    planted: 'keeps state between calls',
    task: 'backpropToParams',
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
  planted,
  edits: [[COLLECT, to]],
  task: 'backpropToInput',
});
const pooled = (planted: string, to: string): Submission => ({
  planted,
  task: 'backpropToInput',
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
  planted,
  task: 'forwardSame',
  edits: [['return winnersSame(x, K).map((j) => x[j]);', to]],
});
const plain = (planted: string, to: string): Submission => ({
  planted,
  task: 'forward',
  edits: [['return winners(x, K, S).map((j) => x[j]);', to]],
});

const maxPooling: readonly Submission[] = [
  collect(
    'overlap overwritten instead of summed',
    'at.forEach((j, i) => (gradInput[j] = gradOutput[i]));',
  ),
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
  {
    planted: 'the last of equals',
    edits: [['x[j] > x[best]', 'x[j] >= x[best]']],
    task: 'backpropToInput',
  },
  pooled(
    'mutates its input',
    'x.sort();\n  return collect(gradOutput, winners(x, K, S), x.length);',
  ),
  pooled('returns nothing', 'collect(gradOutput, winners(x, K, S), x.length);'),
  plain('the stride is ignored', 'return winners(x, K, 1).map((j) => x[j]);'),
  plain('largest by absolute value', 'return winners(x.map(Math.abs), K, S).map((j) => x[j]);'),
  plain('ends the process', 'return process.exit(0);'),
  plain(
    'MiB of memory',
    'const all: number[][] = [];\n  for (;;) all.push(new Array(1e5).fill(K));',
  ),
  {
    planted: 'missing',
    edits: [['export function forward(', 'function forward(']],
    task: 'forward',
  },
  same(
    'the border counts as 0',
    `const p = Math.floor((K - 1) / 2);
  const at = (j: number) => (j >= 0 && j < x.length ? x[j] : 0);
  return x.map((_, i) => Math.max(...Array.from({ length: K }, (__, m) => at(i - p + m))));`,
  ),
  same('border terms are missing', 'return winners(x, K, 1).map((j) => x[j]);'),
  {
    planted: 'shifted by one',
    task: 'forwardSame',
    edits: [['const p = Math.floor((K - 1) / 2);', 'const p = Math.floor((K + 1) / 2);']],
  },
];

const edit = (task: string, planted: string, from: string, to: string): Submission => ({
  planted,
  task,
  edits: [[from, to]],
});

const linear: readonly Submission[] = [
  edit('forward', 'the bias is missing', 'row[j], b[i]', 'row[j], 0'),
  edit('forward', 'the sign of the bias', 'row[j], b[i]', 'row[j], -b[i]'),
  edit('forward', 'wrong shape', 'return x.map((row) =>', 'return x.slice(0, 1).map((row) =>'),
  edit(
    'backpropToInput',
    'the sign is wrong',
    'sum + gradOutput[n][i] * weights[j]',
    'sum - gradOutput[n][i] * weights[j]',
  ),
  edit(
    'backpropToInput',
    'throws TypeError',
    'gradOutput[n][i] * weights[j]',
    'gradOutput[i][n] * weights[j]',
  ),
  edit(
    'backpropToWeight',
    'batch not summed',
    'sum + gradOutput[n][i] * row[j]',
    'gradOutput[n][i] * row[j] + 0 * sum',
  ),
  edit(
    'backpropToWeight',
    'divided by the length of',
    'gradOutput[n][i] * row[j], 0',
    '(gradOutput[n][i] * row[j]) / x.length, 0',
  ),
  {
    planted: 'transposed',
    task: 'backpropToWeight',
    edits: [
      [
        'return W.map((weights, i) =>\n    weights.map(',
        'return ((rows: number[][]) => rows[0].map((_, c) => rows.map((row) => row[c])))(W.map((weights, i) =>\n    weights.map(',
      ],
      ['* row[j], 0)),\n  );', '* row[j], 0)),\n  ));'],
    ],
  },
  edit(
    'backpropToBias',
    'batch not summed',
    'gradOutput.reduce((sum, row) => sum + row[i], 0)',
    'gradOutput[gradOutput.length - 1][i]',
  ),
  edit(
    'backpropToBias',
    'batch not summed',
    'return b.map((_, i) => gradOutput.reduce((sum, row) => sum + row[i], 0));',
    'return gradOutput as unknown as number[];',
  ),
  edit(
    'backpropToBias',
    'summed over the wrong axis',
    'return b.map((_, i) => gradOutput.reduce((sum, row) => sum + row[i], 0));',
    'return gradOutput.map((row) => row.reduce((s, v) => s + v, 0 * b.length));',
  ),
  edit(
    'backpropToBias',
    'a promise',
    'export function backpropToBias',
    'export async function backpropToBias',
  ),
];

const softmax: readonly Submission[] = [
  edit('forward', 'not normalized', 'e / sum', 'e'),
  edit('forward', 'returns NaN', 'Math.exp(v - largest)', 'Math.exp(v)'),
  edit('forward', 'the sign is wrong', 'e / sum', '-e / sum'),
  edit(
    'backpropToInput',
    'only the diagonal',
    'v * (gradOutput[i] - mean)',
    'v * gradOutput[i] * (1 - v) + 0 * mean',
  ),
  edit(
    'backpropToInput',
    'the part through the sum is missing',
    '(gradOutput[i] - mean)',
    '(gradOutput[i] - 0 * mean)',
  ),
  edit(
    'backpropToInput',
    'the probability in front is missing',
    'v * (gradOutput[i] - mean)',
    'gradOutput[i] - mean + 0 * v',
  ),
  edit(
    'backpropToInput',
    'mutates its input',
    'const y = forward(x);',
    'const y = forward(x);\n  x[0] = 0;',
  ),
  {
    planted: 'the sign is wrong',
    task: 'crossEntropy',
    edits: [
      ['return largest + Math.log', 'return -(largest + Math.log'],
      [', 0)) - x[t];', ', 0)) - x[t]);'],
    ],
  },
  edit(
    'crossEntropy',
    'returns Infinity',
    'x.reduce((sum, v) => sum + Math.exp(v - largest), 0)',
    'x.reduce((sum, v) => sum + Math.exp(v), 0)',
  ),
  edit('crossEntropyToInput', 'the right class is missing', 'i === t', 'i === -1 - t'),
  edit(
    'crossEntropyToInput',
    'the sign is wrong',
    'v - (i === t ? 1 : 0)',
    '(i === t ? 1 : 0) - v',
  ),
];

const batchNorm: readonly Submission[] = [
  edit(
    'forward',
    'over m, not over m − 1',
    '(v - mean) ** 2, 0) / m;',
    '(v - mean) ** 2, 0) / (m - 1);',
  ),
  edit(
    'forward',
    'added to the standard deviation',
    '1 / Math.sqrt(variance + eps)',
    '1 / (Math.sqrt(variance) + eps)',
  ),
  edit(
    'forward',
    'divided by the variance',
    '1 / Math.sqrt(variance + eps)',
    '1 / (variance + eps)',
  ),
  edit(
    'backpropToInput',
    'the paths through the mean and the variance',
    '(gradOutput[i] - meanG - v * meanGX)',
    '(gradOutput[i] + 0 * (meanG + v * meanGX))',
  ),
  edit(
    'backpropToInput',
    'the path through the variance is missing',
    '- v * meanGX',
    '- 0 * v * meanGX',
  ),
  edit('backpropToInput', 'the path through the mean is missing', '- meanG -', '- 0 * meanG -'),
  edit('backpropToInput', 'γ is missing', 'gamma * scale *', 'scale *'),
  edit('backpropToInput', 'the sign is wrong', 'gamma * scale *', '-gamma * scale *'),
  edit(
    'backpropToGamma',
    'this uses the input instead of the normalized',
    'g * xHat[i], 0)',
    'g * x[i] + 0 * xHat[i], 0)',
  ),
  edit(
    'backpropToGamma',
    'divided by the length of',
    'g * xHat[i], 0)',
    '(g * xHat[i]) / x.length, 0)',
  ),
  edit(
    'backpropToBeta',
    'divided by the length of',
    'sum + g, 0);\n}\n',
    'sum + g / gradOutput.length, 0);\n}\n',
  ),
  edit(
    'backpropToBeta',
    'returns a string',
    '): number {\n  return gradOutput.reduce((sum, g) => sum + g, 0);',
    '): unknown {\n  return String(gradOutput[0]);',
  ),
];

const prelu: readonly Submission[] = [
  edit('forward', 'the slope is ignored', 'a[c] * v)', '0 * a[c])'),
  edit('forward', 'the slopes of other channels', 'a[c] * v)', 'a[0 * c] * v)'),
  edit(
    'forward',
    'wrong shape',
    'return x.map((row) => row.map((v, c) => (v > 0 ? v : a[c] * v)));',
    'return x.flatMap((row) => row.map((v, c) => (v > 0 ? v : a[c] * v))) as unknown as number[][];',
  ),
  edit('backpropToInput', 'the slope is ignored', '(v > 0 ? 1 : a[c])', '(v > 0 ? 1 : 0 * a[c])'),
  edit(
    'backpropToInput',
    'the condition uses the gradient',
    '(v > 0 ? 1 : a[c])',
    '(gradOutput[n][c] > 0 * v ? 1 : a[c])',
  ),
  edit('backpropToInput', 'the derivative at 0', '(v > 0 ? 1 : a[c])', '(v >= 0 ? 1 : a[c])'),
  edit('backpropToInput', 'the sign is wrong', 'gradOutput[n][c] * (v', '-gradOutput[n][c] * (v'),
  edit('backpropToParams', 'inputs above 0 are counted too', 'Math.min(0, row[c])', 'row[c]'),
  edit(
    'backpropToParams',
    'batch not summed',
    'sum + gradOutput[n][c]',
    '0 * sum + gradOutput[n][c]',
  ),
  edit(
    'backpropToParams',
    'a factor',
    'gradOutput[n][c] * Math.min',
    '2 * gradOutput[n][c] * Math.min',
  ),
  edit(
    'backpropToParams',
    'every number is 0',
    'gradOutput[n][c] * Math.min',
    '0 * gradOutput[n][c] * Math.min',
  ),
];

const pointwise: readonly Submission[] = [
  edit(
    'forward',
    'returns NaN',
    'return Math.tanh(v);',
    'return (Math.exp(v) - Math.exp(-v)) / (Math.exp(v) + Math.exp(-v));',
  ),
  edit(
    'forward',
    'the sign is wrong: every number has the opposite sign, for kind "abs"',
    'return Math.abs(v);',
    'return -Math.abs(v);',
  ),
  edit(
    'forward',
    'exp(x) is used instead of exp(−x)',
    '1 / (1 + Math.exp(-v))',
    '1 / (1 + Math.exp(v))',
  ),
  edit('forward', 'wrong shape', 'return x.map((v) => {', 'return x.slice(1).map((v) => {'),
  edit(
    'backpropToInput',
    'the slope is missing',
    'gradOutput.map((g, i) => {',
    'gradOutput.map((g, i) => { if (i >= 0) return g;',
  ),
  edit(
    'backpropToInput',
    'gradOutput is missing',
    'gradOutput.map((g, i)',
    'gradOutput.map((_, i, all, g = 1)',
  ),
  edit(
    'backpropToInput',
    'the slope is taken at the output',
    'const y = forward(x, kind);',
    'x = forward(x, kind); const y = forward(x, kind);',
  ),
  edit('backpropToInput', 'the condition uses the gradient', 'x[i] > 0 ? g : 0', 'g > 0 ? g : 0'),
  edit(
    'backpropToInput',
    'the derivative at 0 is that of the right side',
    'x[i] > 0 ? g',
    'x[i] >= 0 ? g',
  ),
  edit(
    'backpropToInput',
    'the derivative at 0 is that of the right side',
    'g * Math.sign(x[i])',
    'x[i] >= 0 ? g : -g',
  ),
  edit('backpropToInput', 'the square is missing', 'y[i] ** 2', 'y[i]'),
  edit(
    'backpropToInput',
    'a factor of the slope of the sigmoid',
    'g * y[i] * (1 - y[i])',
    'g * (1 - y[i])',
  ),
  edit(
    'backpropToInput',
    'a factor of the slope of the sigmoid',
    'g * y[i] * (1 - y[i])',
    'g * y[i]',
  ),
  edit(
    'backpropToInput',
    'mutates its input',
    'return gradOutput.map((g, i)',
    'x.fill(0); return gradOutput.map((g, i)',
  ),
];

const euclidean: readonly Submission[] = [
  edit('forward', 'the ½ is missing', '(2 * x.length)', 'x.length'),
  edit('forward', 'not divided by N', '(2 * x.length)', '2'),
  edit('forward', 'divided by the count of all numbers', '(2 * x.length)', '(2 * x.flat().length)'),
  edit('forward', 'the sign is wrong', 'return total /', 'return -total /'),
  edit(
    'forward',
    'wrong shape: expected a number',
    'return total / (2 * x.length)',
    'return [total / (2 * x.length)] as unknown as number',
  ),
  edit(
    'backpropToInput',
    'the ½ of the cost is forgotten',
    '(v - y[n][i]) / x.length)',
    '2 * (v - y[n][i]) / x.length)',
  ),
  edit('backpropToInput', 'not divided by N', '(v - y[n][i]) / x.length)', '(v - y[n][i]))'),
  edit(
    'backpropToInput',
    'divided by the count of all numbers',
    '(v - y[n][i]) / x.length)',
    '(v - y[n][i]) / x.flat().length)',
  ),
  edit(
    'backpropToInput',
    'the sign is wrong',
    '(v - y[n][i]) / x.length)',
    '(y[n][i] - v) / x.length)',
  ),
  edit(
    'backpropToTarget',
    'the sign is wrong',
    '(v - x[n][i]) / y.length',
    '(x[n][i] - v) / y.length',
  ),
  edit('backpropToTarget', 'not divided by N', '(v - x[n][i]) / y.length', '(v - x[n][i])'),
  edit('distanceToInput', 'returns NaN', 'distance === 0 ? 0 : ', ''),
  edit(
    'distanceToInput',
    'this is the gradient of half the square',
    '(x.length * distance)',
    'x.length',
  ),
  edit(
    'distanceToInput',
    'divided by the squared distance',
    '(x.length * distance)',
    '(x.length * distance ** 2)',
  ),
  edit('distanceToInput', 'not divided by N', '(x.length * distance)', 'distance'),
];

const backpropExample: readonly Submission[] = [
  edit(
    'hiddenInput',
    'the order is reversed',
    'return V.map((row) => dot(row, x));',
    'return V.map((row) => dot(row, x)).reverse();',
  ),
  edit('hiddenInput', 'wrong shape', 'return V.map((row)', 'return V.slice(1).map((row)'),
  edit(
    'output',
    'tanh is missing',
    'return dot(w, hiddenInput(x, V).map(Math.tanh));',
    'return dot(w, hiddenInput(x, V));',
  ),
  edit(
    'output',
    'tanh is applied to the output too',
    'return dot(w, hiddenInput(x, V).map(Math.tanh));',
    'return Math.tanh(dot(w, hiddenInput(x, V).map(Math.tanh)));',
  ),
  edit('cost', 'the ½ is missing', '0.5 * (output', '(output'),
  edit(
    'toHiddenInput',
    'the slope of tanh is missing',
    'error * w[j] * (1 - Math.tanh(a) ** 2)',
    'error * w[j] + 0 * a',
  ),
  edit('toHiddenInput', 'the square is missing', 'Math.tanh(a) ** 2', 'Math.tanh(a)'),
  edit('toHiddenInput', 'the slope uses the input itself', 'Math.tanh(a) ** 2', 'a ** 2'),
  edit('toHiddenInput', 'the weights are missing', 'error * w[j] *', 'error *'),
  edit(
    'toHiddenInput',
    'the target is missing',
    'const error = output(x, V, w) - t;\n  return hiddenInput(x, V).map((a, j)',
    'const error = output(x, V, w);\n  return hiddenInput(x, V).map((a, j)',
  ),
  edit(
    'toSecondWeights',
    'this uses the inputs of the hidden units',
    'error * Math.tanh(a))',
    'error * a)',
  ),
  edit('toSecondWeights', 'the sign is wrong', 'error * Math.tanh(a))', '-error * Math.tanh(a))'),
  edit(
    'toFirstWeights',
    'transposed',
    'toHiddenInput(x, V, w, t).map((g) => x.map((v) => g * v))',
    'x.map((v) => toHiddenInput(x, V, w, t).map((g) => g * v))',
  ),
  edit(
    'toFirstWeights',
    'the slope of tanh is missing',
    'toHiddenInput(x, V, w, t).map((g)',
    'w.map((one) => one * (output(x, V, w) - t)).map((g)',
  ),
  edit(
    'step',
    'the sign of the step is wrong',
    '[first, second] = [',
    '[first, second] = ((e) => (eta = -e))(eta) === 0 ? [] : [',
  ),
  edit(
    'step',
    'w moved before',
    'const [first, second] = [toFirstWeights(x, V, w, t), toSecondWeights(x, V, w, t)];',
    'const second = toSecondWeights(x, V, w, t); const first = toFirstWeights(x, V, w.map((v, j) => v + eta * second[j]), t);',
  ),
  edit('step', 'only w has moved', 'v + eta * first[j][i]', 'v + 0 * first[j][i]'),
];

const contrastNorm: readonly Submission[] = [
  edit(
    'windowWeights',
    'not scaled up at the ends',
    'return row.map((v) => v / inside);',
    'return row.map((v) => v + 0 * inside);',
  ),
  edit('windowWeights', 'flipped window', 'w[j - i + p]', 'w[i - j + p]'),
  edit(
    'subtractive',
    'not scaled up at the ends',
    'const A = windowWeights(x.length, w);',
    'const A = x.map((_, i) => x.map((__, j) => w[j - i + (w.length - 1) / 2] ?? 0));',
  ),
  edit(
    'subtractive',
    'this is the local mean itself',
    'x.map((v, i) => v - A[i]',
    'x.map((v, i) => 0 * v + A[i]',
  ),
  edit(
    'subtractive',
    'the sign is wrong',
    'x.map((v, i) => v - A[i].reduce((sum, a, j) => sum + a * x[j], 0))',
    'x.map((v, i) => A[i].reduce((sum, a, j) => sum + a * x[j], 0) - v)',
  ),
  edit(
    'subtractiveToInput',
    'the path through the mean is missing',
    'g - A.reduce',
    'g - 0 * A.reduce',
  ),
  edit(
    'subtractiveToInput',
    'the weights are not transposed',
    'row[j] * gradOutput[i]',
    'A[j][i] * gradOutput[i] + 0 * row[j]',
  ),
  edit(
    'divisive',
    'the floor is missing',
    'one / Math.max(c, sigma[i])',
    'one / Math.max(0 * c, sigma[i])',
  ),
  edit(
    'divisive',
    'divided by the mean deviation only',
    'one / Math.max(c, sigma[i])',
    'one / Math.max(c, 0 * sigma[i])',
  ),
  edit(
    'divisive',
    'the smaller of the two',
    'one / Math.max(c, sigma[i])',
    'one / Math.min(c, sigma[i])',
  ),
  edit(
    'divisiveToInput',
    'the path through the divisor is missing',
    'gradOutput[j] / d[j] + one * throughSigma',
    'gradOutput[j] / d[j] + 0 * one * throughSigma',
  ),
  edit(
    'divisiveToInput',
    'the path through the mean of the deviations',
    ' + throughMean)',
    ' + 0 * throughMean)',
  ),
  edit(
    'divisiveToInput',
    'the path through the local deviation',
    '(sigma[i] > c ? h : 0) + throughMean',
    '0 * h * i + throughMean',
  ),
  edit(
    'divisiveToInput',
    'a factor: every number is 2 times',
    'return gradOutput[j] / d[j] + one * throughSigma',
    'return 2 * (gradOutput[j] / d[j] + one * throughSigma)',
  ),
];

const dropout: readonly Submission[] = [
  edit('forward', 'not scaled', 'v / (1 - p) : 0', 'v : 0'),
  edit(
    'forward',
    'the wrong units: those with u < p are silenced',
    'u[i] >= p ? v',
    'u[i] < p ? v',
  ),
  edit('forward', 'not scaled: kept units', 'u[i] >= p ? v / (1 - p)', 'u[i] < p ? v'),
  edit('forward', 'divided by p', 'v / (1 - p)', 'v / p'),
  edit('forward', 'multiplied by 1 − p', 'v / (1 - p)', 'v * (1 - p)'),
  edit(
    'forward',
    'keeps state between calls',
    'x.map((v, i) => (u[i] >= p',
    'x.map((v, i) => (Math.random() >= p',
  ),
  edit('backpropToInput', 'not scaled', 'g / (1 - p) : 0', 'g : 0'),
  edit(
    'backpropToInput',
    'the mask is missing',
    'u[i] >= p ? g / (1 - p) : 0',
    'u[i] < 2 ? g / (1 - p) : 0',
  ),
  edit('backpropToInput', 'this is inference', 'u[i] >= p ? g / (1 - p) : 0', 'u[i] < 2 ? g : p'),
  edit('backpropToInput', 'the sign is wrong', 'g / (1 - p)', '-g / (1 - p)'),
  edit(
    'inference',
    'scaled twice',
    'inference(x: number[]): number[] {\n  return [...x];',
    'inference(x: number[], p = 0): number[] {\n  return x.map((v) => v * (1 - p));',
  ),
  edit(
    'inference',
    'scaled as in training',
    'inference(x: number[]): number[] {\n  return [...x];',
    'inference(x: number[], p = 0): number[] {\n  return x.map((v) => v / (1 - p));',
  ),
  edit('variance', 'without the scale', '(v ** 2 * p) / (1 - p)', 'v ** 2 * p * (1 - p)'),
  edit('variance', 'this is the mean of the square', '(v ** 2 * p) / (1 - p)', 'v ** 2 / (1 - p)'),
];

export const SUBMISSIONS = {
  linear,
  pointwise,
  euclidean,
  'backprop-example': backpropExample,
  convolution,
  'max-pooling': maxPooling,
  softmax,
  'batch-norm': batchNorm,
  prelu,
  'contrast-norm': contrastNorm,
  dropout,
} as const;

/** Correct solutions that are written in an unusual way. */
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
  linear: `
type M = number[][];
const t = (a: M): M => a[0].map((_, j) => a.map((row) => row[j]));
const mul = (a: M, b: M): M => a.map((row) => t(b).map((col) => row.reduce((s, v, k) => s + v * col[k], 0)));
export const forward = (x: M, W: M, b: number[]) => mul(x.map((r) => [...r, 1]), t(W.map((r, i) => [...r, b[i]])));
export const backpropToInput = (g: M, x: M, W: M) => mul(g, W);
export const backpropToWeight = (g: M, x: M, W: M) => mul(t(g), x);
export const backpropToBias = (g: M) => mul([g.map(() => 1)], g)[0];
`,
  softmax: `
const lse = (x: number[]): number => x.reduce((a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))));
export const forward = (x: number[]) => x.map((v) => Math.exp(v - lse(x)));
export const backpropToInput = (g: number[], x: number[]) => {
  const y = forward(x);
  return x.map((_, i) => g.reduce((s, v, j) => s + v * y[j] * (Number(i === j) - y[i]), 0));
};
export const crossEntropy = (x: number[], t: number) => lse(x) - x[t];
export const crossEntropyToInput = (x: number[], t: number) => x.map((v, i) => Math.exp(v - lse(x)) - Number(i === t));
`,
  'batch-norm': `
const dot = (a: number[], b: number[]) => a.reduce((s, v, i) => s + v * b[i], 0);
const hat = (x: number[], e: number) => {
  const m = dot(x, x.map(() => 1 / x.length));
  const s2 = dot(x, x) / x.length - m * m;
  return { s: (s2 + e) ** -0.5, h: x.map((v) => (v - m) * (s2 + e) ** -0.5) };
};
export const forward = (x: number[], g: number, b: number, e: number) => hat(x, e).h.map((v) => v * g + b);
export const backpropToGamma = (d: number[], x: number[], e: number) => dot(d, hat(x, e).h);
export const backpropToBeta = (d: number[]) => dot(d, d.map(() => 1));
// The paper's steps, one after the other.
export function backpropToInput(d: number[], x: number[], g: number, e: number) {
  const m = x.length, mu = dot(x, x.map(() => 1 / m));
  const { s } = hat(x, e);
  const dHat = d.map((v) => v * g);
  const dVar = dHat.reduce((t, v, i) => t + v * (x[i] - mu) * -0.5 * s ** 3, 0);
  const dMu = dHat.reduce((t, v) => t - v * s, 0) + dVar * x.reduce((t, v) => t - 2 * (v - mu), 0) / m;
  return x.map((v, i) => dHat[i] * s + (dVar * 2 * (v - mu)) / m + dMu / m);
}
`,
  prelu: `
const step = (v: number) => Number(v > 0);
export const forward = (x: number[][], a: number[]) => x.map((r) => r.map((v, c) => Math.max(v, 0) + a[c] * Math.min(v, 0)));
export const backpropToInput = (g: number[][], x: number[][], a: number[]) =>
  g.map((r, n) => r.map((v, c) => v * (step(x[n][c]) + a[c] * (1 - step(x[n][c])))));
export function backpropToParams(g: number[][], x: number[][], a: number[]) {
  const out = new Float64Array(a.length);
  for (const n in x) for (const c in a) if (x[n][c] < 0) out[c] += g[n][c] * x[n][c];
  return out;
}
`,
  pointwise: `
const H: Record<string, [(v: number) => number, (v: number) => number]> = {
  relu: [(v) => (v + Math.abs(v)) / 2, (v) => (Math.sign(v) * (Math.sign(v) + 1)) / 2],
  abs: [(v) => v * Math.sign(v), Math.sign],
  tanh: [(v) => 2 / (1 + Math.exp(-2 * v)) - 1, (v) => { const e = Math.exp(-2 * Math.abs(v)); return 4 * e / (1 + e) ** 2; }],
  sigmoid: [(v) => 0.5 + 0.5 * Math.tanh(v / 2), (v) => 0.25 * (1 - Math.tanh(v / 2) ** 2)],
};
export const forward = (x: number[], kind: string) => Float64Array.from(x, H[kind][0]);
export const backpropToInput = (g: number[], x: number[], kind: string) => {
  const out: number[] = [];
  for (let i = 0; i < g.length; i++) out.push(H[kind][1](x[i]) * g[i]);
  return out;
};
`,
  euclidean: `
const dot = (a: number[], b: number[]) => a.reduce((s, v, i) => s + v * b[i], 0);
// ‖x‖² − 2 x·y + ‖y‖²
export const forward = (x: number[][], y: number[][]) =>
  x.reduce((s, r, n) => s + dot(r, r) - 2 * dot(r, y[n]) + dot(y[n], y[n]), 0) / x.length / 2;
export const backpropToInput = (x: number[][], y: number[][]) => x.map((r, n) => r.map((v, i) => v / x.length - y[n][i] / x.length));
export const backpropToTarget = (x: number[][], y: number[][]) => backpropToInput(y, x);
export function distanceToInput(x: number[][], y: number[][]) {
  const out = backpropToInput(x, y);
  for (const n in out) {
    const d = Math.sqrt(dot(out[n], out[n])) * x.length;
    if (d > 0) out[n] = out[n].map((v) => v / d);
  }
  return out;
}
`,
  'backprop-example': `
type M = number[][];
const t = (a: M): M => a[0].map((_, j) => a.map((row) => row[j]));
const mul = (a: M, b: M): M => a.map((row) => t(b).map((col) => row.reduce((s, v, k) => s + v * col[k], 0)));
const col = (v: number[]): M => v.map((one) => [one]);
export const hiddenInput = (x: number[], V: M) => mul(V, col(x)).flat();
export const output = (x: number[], V: M, w: number[]) => mul([w], col(hiddenInput(x, V).map(Math.tanh)))[0][0];
export const cost = (x: number[], V: M, w: number[], y: number) => (output(x, V, w) - y) * (output(x, V, w) - y) / 2;
export function toHiddenInput(x: number[], V: M, w: number[], y: number) {
  const e = output(x, V, w) - y;
  return hiddenInput(x, V).map((a, j) => (e * w[j]) / Math.cosh(a) ** 2);
}
export const toSecondWeights = (x: number[], V: M, w: number[], y: number) =>
  hiddenInput(x, V).map((a) => (output(x, V, w) - y) * Math.tanh(a));
export const toFirstWeights = (x: number[], V: M, w: number[], y: number) => mul(col(toHiddenInput(x, V, w, y)), [x]);
export function step(x: number[], V: M, w: number[], y: number, eta: number) {
  const old = [...V, w], grads = [...toFirstWeights(x, V, w, y), toSecondWeights(x, V, w, y)];
  return old.map((row, j) => row.map((v, i) => v + eta * grads[j][i]));
}
`,
  'contrast-norm': `
type M = number[][];
export const windowWeights = (n: number, w: number[]): M => {
  const p = (w.length - 1) / 2, A = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let i = 0; i < n; i++) {
    let all = 0;
    for (let m = 0; m < w.length; m++) if (i - p + m >= 0 && i - p + m < n) all += w[m];
    for (let m = 0; m < w.length; m++) if (i - p + m >= 0 && i - p + m < n) A[i][i - p + m] = w[m] / all;
  }
  return A;
};
const t = (a: M): M => a[0].map((_, j) => a.map((row) => row[j]));
const apply = (a: M, x: number[]) => a.map((row) => row.reduce((s, v, j) => s + v * x[j], 0));
// The Jacobians as matrices.
const linear = (n: number, w: number[]) => windowWeights(n, w).map((r, i) => r.map((v, j) => Number(i === j) - v));
export const subtractive = (x: number[], w: number[]) => apply(linear(x.length, w), x);
export const subtractiveToInput = (g: number[], x: number[], w: number[]) => apply(t(linear(x.length, w)), g);
const parts = (v: number[], w: number[]) => {
  const A = windowWeights(v.length, w), s = apply(A, v.map((o) => o * o)).map(Math.sqrt);
  const c = s.reduce((a, b) => a + b) / s.length;
  const dSigma = A.map((r, i) => r.map((a, j) => (a * v[j]) / s[i]));
  const dMean = t(dSigma).map((r) => r.reduce((a, b) => a + b) / s.length);
  return { d: s.map((o) => (o > c ? o : c)), dd: s.map((o, i) => (o > c ? dSigma[i] : dMean)) };
};
export const divisive = (v: number[], w: number[]) => v.map((o, i) => o / parts(v, w).d[i]);
export const divisiveToInput = (g: number[], v: number[], w: number[]) => {
  const { d, dd } = parts(v, w);
  const J = v.map((o, i) => v.map((_, j) => (Number(i === j) * d[i] - o * dd[i][j]) / d[i] ** 2));
  return apply(t(J), g);
};
`,
  dropout: `
const gate = (v: number[], u: number[], p: number) => { const q = 1 - p, out = new Float64Array(v.length); u.forEach((r, i) => { if (!(r < p)) out[i] = v[i] / q; }); return out; };
export const forward = gate;
export const backpropToInput = gate;
export const inference = (x: number[], p: number) => x.map((v) => (1 - p) * v + p * v);
export const variance = (x: number[], p: number) => x.map((v) => (1 - p) * (v / (1 - p) - v) ** 2 + p * v ** 2);
`,
} as const;

/**
 * A correct solution by Fourier transform. It first pads the signal explicitly and then computes
 * the correlation as a product of spectra.
 */
export const BY_FOURIER = `
type Spectrum = { re: number; im: number }[];
const transform = (x: Spectrum, sign: number): Spectrum => {
  const n = x.length;
  if (n === 1) return x;
  const half = (odd: number) => transform(x.filter((_, i) => i % 2 === odd), sign);
  const [even, odd] = [half(0), half(1)];
  const turned = odd.map(({ re, im }, k) => {
    const [c, s] = [Math.cos((2 * Math.PI * k) / n), sign * Math.sin((2 * Math.PI * k) / n)];
    return { re: c * re - s * im, im: s * re + c * im };
  });
  const both = (by: number) => even.map((e, k) => ({ re: e.re + by * turned[k].re, im: e.im + by * turned[k].im }));
  return [...both(1), ...both(-1)];
};
// Σ_m a[i + m] b[m]
const correlate = (a: number[], b: number[]) => {
  const n = 2 ** Math.ceil(Math.log2(a.length + b.length));
  const spectrum = (x: number[]) => transform(Array.from({ length: n }, (_, i) => ({ re: x[i] ?? 0, im: 0 })), -1);
  const [A, B] = [spectrum(a), spectrum(b)];
  const product = A.map(({ re, im }, k) => ({ re: re * B[k].re + im * B[k].im, im: im * B[k].re - re * B[k].im }));
  return transform(product, 1).map(({ re }) => re / n);
};
const source = (j: number, n: number, mode: string) => {
  if (j >= 0 && j < n) return j;
  if (mode === 'replicate') return j < 0 ? 0 : n - 1;
  if (mode === 'circular') return (j + n) % n;
  return mode === 'reflect' ? (j < 0 ? -j : 2 * (n - 1) - j) : -1;
};
const places = (n: number, m: number, mode: string) =>
  Array.from({ length: n + m - 1 }, (_, i) => source(i - ((m - 1) >> 1), n, mode));
export const forward = (x: number[], w: number[], mode: string) =>
  correlate(places(x.length, w.length, mode).map((j) => x[j] ?? 0), w).slice(0, x.length);
export const backpropToParams = (g: number[], x: number[], w: number[], mode: string) =>
  correlate(places(x.length, w.length, mode).map((j) => x[j] ?? 0), g).slice(0, w.length);
export function backpropToInput(g: number[], x: number[], w: number[], mode: string) {
  const m = w.length - 1;
  const padded = [...new Array<number>(m).fill(0), ...g, ...new Array<number>(m).fill(0)];
  const spread = correlate(padded, [...w].reverse());
  const out = x.map(() => 0);
  places(x.length, w.length, mode).forEach((j, i) => { if (j >= 0) out[j] += spread[i]; });
  return out;
}
`;
