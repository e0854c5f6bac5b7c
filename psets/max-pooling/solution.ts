/** Returns the index of the first of the largest elements among x[from] … x[to − 1]. */
function argmax(x: number[], from: number, to: number): number {
  let best = from;
  for (let j = from + 1; j < to; j++) if (x[j] > x[best]) best = j;
  return best;
}

/**
 * Returns the index of the maximum of each window of K elements. Windows start S elements apart.
 */
function winners(x: number[], K: number, S: number): number[] {
  const found: number[] = [];
  for (let start = 0; start + K <= x.length; start += S) found.push(argmax(x, start, start + K));
  return found;
}

/**
 * Returns the index of the maximum in the window around each element. The part of a window beyond
 * the ends is left out.
 */
function winnersSame(x: number[], K: number): number[] {
  const p = Math.floor((K - 1) / 2);
  return x.map((_, i) => argmax(x, Math.max(0, i - p), Math.min(x.length, i - p + K)));
}

function collect(gradOutput: number[], at: number[], N: number): number[] {
  const gradInput = Array.from({ length: N }, () => 0);
  at.forEach((j, i) => (gradInput[j] += gradOutput[i]));
  return gradInput;
}

/** x_out[i] = max_{0 ≤ m < K} x_in[i S + m] */
export function forward(x: number[], K: number, S: number): number[] {
  return winners(x, K, S).map((j) => x[j]);
}

/** ∂C/∂x_in[j] = Σ_{i: a(i) = j} ∂C/∂x_out[i], a(i) the index of the maximum in window i */
export function backpropToInput(gradOutput: number[], x: number[], K: number, S: number): number[] {
  return collect(gradOutput, winners(x, K, S), x.length);
}

/** x_out[i] = max_m x_in[i − p + m], 0 ≤ m < K and 0 ≤ i − p + m < N, p = ⌊(K − 1)/2⌋ */
export function forwardSame(x: number[], K: number): number[] {
  return winnersSame(x, K).map((j) => x[j]);
}

/**
 * ∂C/∂x_in[j] = Σ_{i: a(i) = j} ∂C/∂x_out[i], a(i) the index of the maximum in window i of
 * `forwardSame`
 */
export function backpropSameToInput(gradOutput: number[], x: number[], K: number): number[] {
  return collect(gradOutput, winnersSame(x, K), x.length);
}
