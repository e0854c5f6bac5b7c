// MISTAKE: The gradient to the input is divided by the count of all numbers.
// TASKS: backpropToInput
export function forward(x: number[][], y: number[][]): number {
  let total = 0;
  for (let n = 0; n < x.length; n++) {
    for (let i = 0; i < x[n].length; i++) {
      const d = x[n][i] - y[n][i];
      total += d * d;
    }
  }
  return total / (2 * x.length);
}

export function backpropToInput(x: number[][], y: number[][]): number[][] {
  const grad: number[][] = [];
  for (let n = 0; n < x.length; n++) {
    grad.push([]);
    for (let i = 0; i < x[n].length; i++)
      grad[n].push((x[n][i] - y[n][i]) / (x.length * x[n].length));
  }
  return grad;
}

export function backpropToTarget(x: number[][], y: number[][]): number[][] {
  const grad: number[][] = [];
  for (let n = 0; n < x.length; n++) {
    grad.push([]);
    for (let i = 0; i < x[n].length; i++) grad[n].push((y[n][i] - x[n][i]) / y.length);
  }
  return grad;
}

export function distanceToInput(x: number[][], y: number[][]): number[][] {
  const grad: number[][] = [];
  for (let n = 0; n < x.length; n++) {
    let square = 0;
    for (let i = 0; i < x[n].length; i++) square += (x[n][i] - y[n][i]) ** 2;
    const distance = Math.sqrt(square);
    const row: number[] = [];
    for (let i = 0; i < x[n].length; i++) {
      if (distance === 0) row.push(0);
      else row.push((x[n][i] - y[n][i]) / (distance * x.length));
    }
    grad.push(row);
  }
  return grad;
}
