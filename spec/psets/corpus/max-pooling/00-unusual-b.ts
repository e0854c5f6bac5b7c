/** A queue of indices whose values fall, so that its head is the first maximum of the window. */
class MaxQueue {
  private readonly held: number[] = [];
  constructor(private readonly x: number[]) {}
  push(k: number): void {
    while (this.held.length > 0 && this.x[this.held[this.held.length - 1]] < this.x[k])
      this.held.pop();
    this.held.push(k);
  }
  dropBefore(k: number): void {
    while (this.held.length > 0 && this.held[0] < k) this.held.shift();
  }
  head(): number {
    return this.held[0];
  }
}

/** The index of the first maximum of the window that ends at each position. */
function winners(x: number[], K: number, S: number): number[] {
  const queue = new MaxQueue(x);
  const out: number[] = [];
  for (let end = 0; end < x.length; end++) {
    queue.push(end);
    const start = end - K + 1;
    queue.dropBefore(start);
    if (start >= 0 && start % S === 0) out.push(queue.head());
  }
  return out;
}

function winnersSame(x: number[], K: number): number[] {
  const left = Math.floor((K - 1) / 2);
  const padding = (n: number): number[] => Array<number>(n).fill(-Infinity);
  const wide = [...padding(left), ...x, ...padding(K - 1 - left)];
  return winners(wide, K, 1).map((k) => k - left);
}

function back(gradient: number[], N: number, at: number[]): number[] {
  const dx = new Float64Array(N);
  at.forEach((k, i) => (dx[k] += gradient[i]));
  return Array.from(dx);
}

export function forward(x: number[], K: number, S: number): number[] {
  return winners(x, K, S).map((k) => x[k]);
}

export function backpropToInput(gradOutput: number[], x: number[], K: number, S: number): number[] {
  return back(gradOutput, x.length, winners(x, K, S));
}

export function forwardSame(x: number[], K: number): number[] {
  return winnersSame(x, K).map((k) => x[k]);
}

export function backpropSameToInput(gradSame: number[], x: number[], K: number): number[] {
  return back(gradSame, x.length, winnersSame(x, K));
}
