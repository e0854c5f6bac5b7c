// MISTAKE: The gradient to the bias is the output gradient of the first example.
// TASKS: backpropToBias
class Mat {
  readonly data: Float64Array;
  constructor(
    readonly rows: number,
    readonly cols: number,
  ) {
    this.data = new Float64Array(rows * cols);
  }
  static from(list: number[][]): Mat {
    const m = new Mat(list.length, list[0].length);
    list.forEach((row, r) => m.data.set(row, r * m.cols));
    return m;
  }
  at(r: number, c: number): number {
    return this.data[r * this.cols + c];
  }
  add(r: number, c: number, v: number): void {
    this.data[r * this.cols + c] += v;
  }
  toList(): number[][] {
    return Array.from({ length: this.rows }, (_, r) =>
      Array.from(this.data.subarray(r * this.cols, (r + 1) * this.cols)),
    );
  }
}

export function forward(x: number[][], W: number[][], b: number[]): number[][] {
  const X = Mat.from(x);
  const w = Mat.from(W);
  const out = new Mat(X.rows, w.rows);
  for (let j = w.cols - 1; j >= 0; j--) {
    for (let i = 0; i < w.rows; i++) {
      for (let n = 0; n < X.rows; n++) out.add(n, i, w.at(i, j) * X.at(n, j));
    }
  }
  for (let n = 0; n < X.rows; n++) for (let i = 0; i < w.rows; i++) out.add(n, i, b[i]);
  return out.toList();
}

export function backpropToInput(gradOutput: number[][], x: number[][], W: number[][]): number[][] {
  const g = Mat.from(gradOutput);
  const w = Mat.from(W);
  const dx = new Mat(g.rows, w.cols);
  for (let i = 0; i < w.rows; i++) {
    for (let n = 0; n < g.rows; n++) {
      for (let j = 0; j < w.cols; j++) dx.add(n, j, g.at(n, i) * w.at(i, j));
    }
  }
  return dx.toList();
}

export function backpropToWeight(gradOutput: number[][], x: number[][], W: number[][]): number[][] {
  const g = Mat.from(gradOutput);
  const X = Mat.from(x);
  const dW = new Mat(g.cols, X.cols);
  for (let n = 0; n < g.rows; n++) {
    for (let i = 0; i < g.cols; i++) {
      for (let j = 0; j < X.cols; j++) dW.add(i, j, g.at(n, i) * X.at(n, j));
    }
  }
  return dW.toList();
}

export function backpropToBias(gradOutput: number[][], b: number[]): number[] {
  const g = Mat.from(gradOutput.slice(0, 1));
  const db = new Float64Array(b.length);
  for (let n = 0; n < g.rows; n++) for (let i = 0; i < g.cols; i++) db[i] += g.at(n, i);
  return [...db];
}
