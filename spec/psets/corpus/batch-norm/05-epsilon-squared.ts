// MISTAKE: The forward adds ε² to the variance.
// TASKS: forward
/** The steps of the forward, each kept for its backward. */
class Stages {
  readonly centred: number[];
  readonly squares: number[];
  readonly deviation: number;
  constructor(x: number[], eps: number) {
    const mu = Stages.average(x);
    this.centred = x.map((v) => v - mu);
    this.squares = this.centred.map((v) => v ** 2);
    this.deviation = (Stages.average(this.squares) + eps) ** 0.5;
  }
  static average(values: number[]): number {
    let mean = 0;
    values.forEach((v, k) => (mean += (v - mean) / (k + 1)));
    return mean;
  }
}

export function forward(x: number[], gamma: number, beta: number, eps: number): number[] {
  const { centred, deviation } = new Stages(x, eps ** 2);
  const out = new Float64Array(centred).map((v) => beta + gamma * (v / deviation));
  return [...out];
}

export function backpropToInput(
  gradOutput: number[],
  x: number[],
  gamma: number,
  eps: number,
): number[] {
  const { centred, deviation } = new Stages(x, eps);
  const m = x.length;
  const gradNormalized = gradOutput.map((g) => gamma * g);
  // y = centred / deviation
  let gradDeviation = 0;
  gradNormalized.forEach((g, i) => (gradDeviation -= (g * centred[i]) / deviation ** 2));
  const gradVariance = gradDeviation / (2 * deviation);
  // variance = the average of the squares
  const gradSquares = centred.map(() => gradVariance / m);
  const gradCentred = gradNormalized.map((g, i) => g / deviation + 2 * centred[i] * gradSquares[i]);
  // centred = x − mean
  const gradMean = -gradCentred.reduce((s, g) => s + g, 0);
  return gradCentred.map((g) => g + gradMean / m);
}

export function backpropToGamma(gradOutput: number[], x: number[], eps: number): number {
  const stages = new Stages(x, eps);
  const normalized = stages.centred.map((v) => v / stages.deviation);
  return gradOutput.map((g, i) => g * normalized[i]).reduce((s, v) => s + v, 0);
}

export function backpropToBeta(gradOutput: number[]): number {
  const [first, ...rest] = gradOutput;
  return rest.length === 0 ? first : first + backpropToBeta(rest);
}
