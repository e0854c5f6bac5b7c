class Unit {
  constructor(
    private readonly value: number,
    private readonly p: number,
  ) {}
  sample(u: number): number {
    return Math.floor(u - this.p) < 0 ? 0 : this.value / this.keep();
  }
  mean(): number {
    return this.keep() * (this.value / this.keep());
  }
  variance(): number {
    // E[(out − x)²] over both outcomes
    const kept = this.value / this.keep() - this.value;
    return this.p * this.value ** 2 + this.keep() * kept ** 2;
  }
  private keep(): number {
    return 1 - this.p;
  }
}

const rest = (a: number[]): number[] => a.slice(1);

export function forward(x: number[], u: number[], p: number): number[] {
  if (x.length === 0) return [];
  return [new Unit(x[0], p).sample(u[0]), ...forward(rest(x), rest(u), p)];
}

export function backpropToInput(gradOutput: number[], u: number[], p: number): number[] {
  const out = new Float64Array(gradOutput.length);
  u.forEach((ui, i) => (out[i] = new Unit(gradOutput[i], p).sample(ui)));
  return Array.from(out);
}

export function inference(x: number[], p: number): number[] {
  return x.map((v) => new Unit(v, p).mean());
}

export function variance(x: number[], p: number): number[] {
  return Float64Array.from(x, (v) => new Unit(v, p).variance()).reduce<number[]>(
    (l, v) => [...l, v],
    [],
  );
}
