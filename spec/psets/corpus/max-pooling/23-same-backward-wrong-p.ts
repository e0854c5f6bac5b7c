// MISTAKE: backpropSameToInput takes p = ⌊K/2⌋, unlike the forward.
// TASKS: backpropSameToInput
export function forward(x: number[], K: number, S: number): number[] {
  const y: number[] = [];
  for (let start = 0; start + K <= x.length; start += S) {
    let best = x[start];
    for (let m = 1; m < K; m++) {
      if (x[start + m] > best) best = x[start + m];
    }
    y.push(best);
  }
  return y;
}

export function backpropToInput(gradOutput: number[], x: number[], K: number, S: number): number[] {
  const dx: number[] = x.map(() => 0);
  for (let i = 0; i < gradOutput.length; i++) {
    let at = i * S;
    for (let m = 1; m < K; m++) {
      if (x[i * S + m] > x[at]) at = i * S + m;
    }
    dx[at] += gradOutput[i];
  }
  return dx;
}

export function forwardSame(x: number[], K: number): number[] {
  const p = Math.floor((K - 1) / 2);
  const y: number[] = [];
  for (let i = 0; i < x.length; i++) {
    let best = -Infinity;
    for (let m = 0; m < K; m++) {
      const j = i - p + m;
      if (j >= 0 && j < x.length && x[j] > best) best = x[j];
    }
    y.push(best);
  }
  return y;
}

export function backpropSameToInput(gradSame: number[], x: number[], K: number): number[] {
  const p = Math.floor(K / 2);
  const dx: number[] = x.map(() => 0);
  for (let i = 0; i < x.length; i++) {
    let at = -1;
    for (let m = 0; m < K; m++) {
      const j = i - p + m;
      if (j >= 0 && j < x.length && (at < 0 || x[j] > x[at])) at = j;
    }
    dx[at] += gradSame[i];
  }
  return dx;
}
