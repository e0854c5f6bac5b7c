// MISTAKE: The gradient to the weights has the shape of the transposed matrix, inputs by outputs.
// TASKS: backpropToWeight
type Matrix = number[][];

const dot = (u: number[], v: number[]): number => u.reduce((s, a, k) => s + a * v[k], 0);
const transpose = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));
const matmul = (p: Matrix, q: Matrix): Matrix => {
  const columns = transpose(q);
  return p.map((row) => columns.map((column) => dot(row, column)));
};

export const forward = (x: Matrix, W: Matrix, b: number[]): Matrix =>
  matmul(x, transpose(W)).map((row) => row.map((v, i) => v + b[i]));

export const backpropToInput = (gradOutput: Matrix, x: Matrix, W: Matrix): Matrix =>
  matmul(gradOutput, W);

export const backpropToWeight = (gradOutput: Matrix, x: Matrix, W: Matrix): Matrix =>
  matmul(transpose(x), gradOutput);

export const backpropToBias = (gradOutput: Matrix, b: number[]): number[] =>
  transpose(gradOutput).map((column) => column.reduce((s, g) => s + g, 0));
