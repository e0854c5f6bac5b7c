// MISTAKE: The gradient to the slope adds up the numbers above 0.
// TASKS: backpropToParams
/** One channel with its slope; the batch is a list of its values. */
class Channel {
  constructor(
    private readonly slope: number,
    private readonly values: Float64Array,
  ) {}
  static of(x: number[][], a: number[], c: number): Channel {
    return new Channel(
      a[c],
      Float64Array.from(x, (row) => row[c]),
    );
  }
  out(): Float64Array {
    return this.values.map((v) => v * this.factor(v));
  }
  back(g: Float64Array): Float64Array {
    return g.map((gn, n) => gn * this.factor(this.values[n]));
  }
  toSlope(g: Float64Array): number {
    let s = 0;
    this.values.forEach((v, n) => {
      if (v > 0) s += v * g[n];
    });
    return s;
  }
  private factor(v: number): number {
    return v > 0 ? 1 : this.slope;
  }
}

const column = (m: number[][], c: number): Float64Array => Float64Array.from(m, (row) => row[c]);
const fromColumns = (columns: Float64Array[], rows: number): number[][] =>
  Array.from({ length: rows }, (_, n) => columns.map((col) => col[n]));

export function forward(x: number[][], a: number[]): number[][] {
  return fromColumns(
    a.map((_, c) => Channel.of(x, a, c).out()),
    x.length,
  );
}

export function backpropToInput(gradOutput: number[][], x: number[][], a: number[]): number[][] {
  return fromColumns(
    a.map((_, c) => Channel.of(x, a, c).back(column(gradOutput, c))),
    x.length,
  );
}

export function backpropToParams(gradOutput: number[][], x: number[][], a: number[]): number[] {
  return a.map((_, c) => Channel.of(x, a, c).toSlope(column(gradOutput, c)));
}
