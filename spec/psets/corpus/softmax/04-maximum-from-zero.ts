// MISTAKE: The largest score is searched from 0 on, so scores of −1000 all become 0.
// TASKS: forward
export function forward(x: number[]): number[] {
  const max = x.reduce((m, v) => (v > m ? v : m), 0);
  let sum = 0;
  const e: number[] = [];
  for (let i = 0; i < x.length; i++) {
    e.push(Math.exp(x[i] - max));
    sum += e[i];
  }
  return e.map((v) => v / sum);
}

export function backpropToInput(gradOutput: number[], x: number[]): number[] {
  const y = forward(x);
  const dx: number[] = [];
  for (let i = 0; i < x.length; i++) {
    let s = 0;
    for (let j = 0; j < x.length; j++) {
      if (i === j) s += gradOutput[j] * y[i] * (1 - y[i]);
      else s -= gradOutput[j] * y[i] * y[j];
    }
    dx.push(s);
  }
  return dx;
}

export function crossEntropy(x: number[], t: number): number {
  const max = Math.max(...x);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp(x[i] - max);
  return max + Math.log(sum) - x[t];
}

export function crossEntropyToInput(x: number[], t: number): number[] {
  const dx = forward(x);
  dx[t] -= 1;
  return dx;
}
