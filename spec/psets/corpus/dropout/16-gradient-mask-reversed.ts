// MISTAKE: The backward passes the gradient of the silenced units.
// TASKS: backpropToInput
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
    if (u[i] < p) dx.push(gradOutput[i] / (1 - p));
    else dx.push(0);
  }
  return dx;
}

export function inference(x: number[], p: number): number[] {
  return [...x];
}

export function variance(x: number[], p: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < x.length; i++) out.push((x[i] * x[i] * p) / (1 - p));
  return out;
}
