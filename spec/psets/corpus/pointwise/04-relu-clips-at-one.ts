// MISTAKE: The rectifier of the forward also clips at 1.
// TASKS: forward
abstract class Pointwise {
  abstract value(x: number): number;
  abstract derivative(x: number): number;
  run(x: readonly number[], at = 0): number[] {
    return at === x.length ? [] : [this.value(x[at]), ...this.run(x, at + 1)];
  }
  back(g: readonly number[], x: readonly number[], at = 0): number[] {
    if (at === x.length) return [];
    return [g[at] * this.derivative(x[at]), ...this.back(g, x, at + 1)];
  }
}

class Relu extends Pointwise {
  value(x: number): number {
    return Math.min(1, (x + Math.abs(x)) / 2);
  }
  derivative(x: number): number {
    return (1 + Math.sign(x)) / 2 === 1 ? 1 : 0;
  }
}

class Abs extends Pointwise {
  value(x: number): number {
    return Math.sqrt(x * x);
  }
  derivative(x: number): number {
    return x === 0 ? 0 : x / this.value(x);
  }
}

class Tanh extends Pointwise {
  value(x: number): number {
    return Math.tanh(x);
  }
  derivative(x: number): number {
    const t = this.value(x);
    return (1 - t) * (1 + t);
  }
}

class Sigmoid extends Pointwise {
  value(x: number): number {
    return 0.5 * (1 + Math.tanh(0.5 * x));
  }
  derivative(x: number): number {
    return 0.25 * (1 - Math.tanh(0.5 * x) ** 2);
  }
}

function make(kind: string): Pointwise {
  switch (kind) {
    case 'relu':
      return new Relu();
    case 'abs':
      return new Abs();
    case 'tanh':
      return new Tanh();
    default:
      return new Sigmoid();
  }
}

export function forward(x: number[], kind: string): number[] {
  return make(kind).run(x);
}

export function backpropToInput(gradOutput: number[], x: number[], kind: string): number[] {
  return make(kind).back(gradOutput, x);
}
