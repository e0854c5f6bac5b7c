// MISTAKE: The square is written with a caret, which is exclusive or on integers.
// TASKS: forward
function* pairs(x: number[][], y: number[][]): Generator<[number, number, number]> {
  for (const [n, row] of x.entries()) {
    for (const [i, v] of row.entries()) yield [n, i, v - y[n][i]];
  }
}

const blank = (like: number[][]): number[][] =>
  like.map((row) => Array<number>(row.length).fill(0));

export function forward(x: number[][], y: number[][]): number {
  let mean = 0;
  for (const [, , d] of pairs(x, y)) mean += (0.5 / x.length) * (d ^ 2);
  return mean;
}

export function backpropToInput(x: number[][], y: number[][]): number[][] {
  const out = blank(x);
  for (const [n, i, d] of pairs(x, y)) out[n][i] = d / x.length;
  return out;
}

export function backpropToTarget(x: number[][], y: number[][]): number[][] {
  const out = blank(y);
  for (const [n, i, d] of pairs(x, y)) out[n][i] = -d / x.length;
  return out;
}

export function distanceToInput(x: number[][], y: number[][]): number[][] {
  const squares = new Float64Array(x.length);
  for (const [n, , d] of pairs(x, y)) squares[n] += d * d;
  const out = blank(x);
  for (const [n, i, d] of pairs(x, y)) {
    if (squares[n] !== 0) out[n][i] = d / Math.sqrt(squares[n]) / x.length;
  }
  return out;
}
