export function forward(x: number[][], a: number[]): number[][] {
  const y: number[][] = [];
  for (let n = 0; n < x.length; n++) {
    const row: number[] = [];
    for (let c = 0; c < a.length; c++) {
      if (x[n][c] > 0) row.push(x[n][c]);
      else row.push(a[c] * x[n][c]);
    }
    y.push(row);
  }
  return y;
}

export function backpropToInput(gradOutput: number[][], x: number[][], a: number[]): number[][] {
  const dx: number[][] = [];
  for (let n = 0; n < x.length; n++) {
    const row: number[] = [];
    for (let c = 0; c < a.length; c++) {
      if (x[n][c] > 0) row.push(gradOutput[n][c]);
      else row.push(a[c] * gradOutput[n][c]);
    }
    dx.push(row);
  }
  return dx;
}

export function backpropToParams(gradOutput: number[][], x: number[][], a: number[]): number[] {
  const da: number[] = a.map(() => 0);
  for (let n = 0; n < x.length; n++) {
    for (let c = 0; c < a.length; c++) {
      if (x[n][c] <= 0) da[c] += gradOutput[n][c] * x[n][c];
    }
  }
  return da;
}
