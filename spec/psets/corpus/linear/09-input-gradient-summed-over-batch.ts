// MISTAKE: The gradient to the input sums over the examples and gives every example the same row.
// TASKS: backpropToInput
type Matrix = number[][];

const dot = (u: number[], v: number[]): number => u.reduce((s, a, k) => s + a * v[k], 0);
const transpose = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));
const matmul = (p: Matrix, q: Matrix): Matrix => {
  const columns = transpose(q);
  return p.map((row) => columns.map((column) => dot(row, column)));
};

export const forward = (x: Matrix, W: Matrix, b: number[]): Matrix =>
  matmul(x, transpose(W)).map((row) => row.map((v, i) => v + b[i]));

export const backpropToInput = (gradOutput: Matrix, x: Matrix, W: Matrix): Matrix => {
  const total = transpose(gradOutput).map((column) => column.reduce((s, g) => s + g, 0));
  return x.map(() => matmul([total], W)[0]);
};

export const backpropToWeight = (gradOutput: Matrix, x: Matrix, W: Matrix): Matrix =>
  matmul(transpose(gradOutput), x);

export const backpropToBias = (gradOutput: Matrix, b: number[]): number[] =>
  transpose(gradOutput).map((column) => column.reduce((s, g) => s + g, 0));
