// MISTAKE: The gradient to the weights starts from a copy of the weights instead of zeros.
// TASKS: backpropToWeight
export function forward(x: number[][], W: number[][], b: number[]): number[][] {
  const y: number[][] = [];
  for (let n = 0; n < x.length; n++) {
    const row: number[] = [];
    for (let i = 0; i < W.length; i++) {
      let s = b[i];
      for (let j = 0; j < W[i].length; j++) s += W[i][j] * x[n][j];
      row.push(s);
    }
    y.push(row);
  }
  return y;
}

export function backpropToInput(gradOutput: number[][], x: number[][], W: number[][]): number[][] {
  const dx: number[][] = [];
  for (let n = 0; n < x.length; n++) {
    const row: number[] = new Array(x[n].length).fill(0);
    for (let i = 0; i < W.length; i++) {
      for (let j = 0; j < row.length; j++) row[j] += gradOutput[n][i] * W[i][j];
    }
    dx.push(row);
  }
  return dx;
}

export function backpropToWeight(gradOutput: number[][], x: number[][], W: number[][]): number[][] {
  const dW = W.map((row) => [...row]);
  for (let n = 0; n < x.length; n++) {
    for (let i = 0; i < W.length; i++) {
      for (let j = 0; j < W[i].length; j++) dW[i][j] += gradOutput[n][i] * x[n][j];
    }
  }
  return dW;
}

export function backpropToBias(gradOutput: number[][], b: number[]): number[] {
  const db: number[] = b.map(() => 0);
  for (let n = 0; n < gradOutput.length; n++) {
    for (let i = 0; i < b.length; i++) db[i] += gradOutput[n][i];
  }
  return db;
}
