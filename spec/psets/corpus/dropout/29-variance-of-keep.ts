// MISTAKE: The variance exchanges p and 1 − p.
// TASKS: variance
export function forward(x: number[], u: number[], p: number): number[] {
  const y: number[] = [];
  for (let i = 0; i < x.length; i++) {
    if (u[i] >= p) y.push(x[i] / (1 - p));
    else y.push(0);
  }
  return y;
}

export function backpropToInput(gradOutput: number[], u: number[], p: number): number[] {
  const dx: number[] = [];
  for (let i = 0; i < gradOutput.length; i++) {
    if (u[i] >= p) dx.push(gradOutput[i] / (1 - p));
    else dx.push(0);
  }
  return dx;
}

export function inference(x: number[], p: number): number[] {
  return [...x];
}

export function variance(x: number[], p: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < x.length; i++) out.push(p > 0 ? (x[i] * x[i] * (1 - p)) / p : 0);
  return out;
}
