// MISTAKE: The backward returns the local derivative and forgets the gradient of the output.
// TASKS: backpropToInput
export function forward(x: number[], kind: string): number[] {
  const y: number[] = [];
  for (let i = 0; i < x.length; i++) {
    if (kind === 'relu') y.push(Math.max(0, x[i]));
    else if (kind === 'abs') y.push(Math.abs(x[i]));
    else if (kind === 'tanh') y.push(Math.tanh(x[i]));
    else y.push(1 / (1 + Math.exp(-x[i])));
  }
  return y;
}

export function backpropToInput(gradOutput: number[], x: number[], kind: string): number[] {
  const y = forward(x, kind);
  const dx: number[] = [];
  for (let i = 0; i < x.length; i++) {
    let d = 0;
    if (kind === 'relu') d = x[i] > 0 ? 1 : 0;
    else if (kind === 'abs') d = Math.sign(x[i]);
    else if (kind === 'tanh') d = 1 - y[i] * y[i];
    else d = y[i] * (1 - y[i]);
    dx.push(d);
  }
  return dx;
}
