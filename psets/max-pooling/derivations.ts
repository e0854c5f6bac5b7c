import type { Derivation, Trace } from '../grader/derivation.ts';

/** The range of a window: from `from`, before `to`. */
type Range = readonly [from: number, to: number];

function ranges(t: Trace, x: number[], K: number, S: number): Range[] {
  const [N, fitting] = [x.length, Math.floor((x.length - K) / S) + 1];
  const count = t.step('the number of windows', fitting, {
    '⌈(N − K)/S⌉, because of < in the place of ≤,': Math.ceil((N - K) / S),
    'one window less': fitting - 1,
    'one window more': fitting + 1,
    '⌈(N − K)/S⌉ + 1': Math.ceil((N - K) / S) + 1,
    '⌊N/S⌋': Math.floor(N / S),
    '⌈N/S⌉': Math.ceil(N / S),
    '⌊N/K⌋': Math.floor(N / K),
    'N − K + 1': N - K + 1,
  });
  return Array.from({ length: count }, (_, i) => {
    const from = t.step('the start of the window, i S,', i * S, { 'i K': i * K, i, 'i S + 1': i * S + 1, '(i + 1) S': (i + 1) * S }); // prettier-ignore
    const size = t.step('the size of the window', K, { 'K − 1': K - 1, 'K + 1': K + 1, S });
    return [from, Math.min(N, from + size)];
  });
}

function rangesSame(t: Trace, x: number[], K: number): Range[] {
  const p = t.step('p', Math.floor((K - 1) / 2), {
    '⌊K/2⌋': Math.floor(K / 2),
    '⌈K/2⌉': Math.ceil(K / 2),
    'K − 1': K - 1,
    K,
  });
  return x.map((_, i) => {
    const size = t.step('the size of the window', K, { 'K − 1': K - 1, 'K + 1': K + 1, '2 p + 1': 2 * p + 1 }); // prettier-ignore
    return [Math.max(0, i - p), Math.min(x.length, i - p + size)];
  });
}

/** Returns the index of the first element in a range that `better` prefers to all others. */
function best([from, to]: Range, better: (j: number, than: number) => boolean): number {
  let found = from;
  for (let j = from + 1; j < to; j++) if (better(j, found)) found = j;
  return found;
}

function winner(t: Trace, x: number[], range: Range, g: number[] = []): number {
  const first = best(range, (j, than) => x[j] > x[than]);
  return t.step('the winner', first, {
    'the index inside the window': first - range[0],
    'the first element of the whole input with that value': x.indexOf(x[first]),
    'the last element of the whole input with that value': x.lastIndexOf(x[first]),
    'the last of equals': best(range, (j, than) => x[j] >= x[than]),
    'the smallest element': best(range, (j, than) => x[j] < x[than]),
    'the element of the largest absolute value': best(range, (j, than) => Math.abs(x[j]) > Math.abs(x[than])), // prettier-ignore
    'the first element of the window': range[0],
    'the last element of the window': range[1] - 1,
    'the largest element so far': best([0, range[1]], (j, than) => x[j] > x[than]),
    'the element of the largest gradient': best(range, (j, than) => g[j] > g[than]),
    'the largest element of the input': best([0, x.length], (j, than) => x[j] > x[than]),
  });
}

function maxima(t: Trace, x: number[], found: readonly Range[]): number[] {
  return found.map((range) => t.step('the maximum', x[winner(t, x, range)]));
}

function spread(t: Trace, g: number[], x: number[], found: readonly Range[]): number[] {
  const out = x.map(() => 0);
  found.forEach((range, i) => {
    const at = winner(t, x, range, g);
    const size = range[1] - range[0];
    const cells = Array.from({ length: size }, (_, m) => range[0] + m);
    const shares = t.step('the shares of the window', cells.map((j) => (j === at ? 1 : 0)), {
      'the same share, 1/K, for every element': cells.map(() => 1 / size),
      'x itself, so that the gradient is multiplied by the input,': cells.map((j) => (j === at ? x[j] : 0)), // prettier-ignore
      'the share x/Σx': cells.map((j) => x[j] / cells.reduce((sum, k) => sum + x[k], 0)),
    }); // prettier-ignore
    const full = Math.max(...found.map(([from, to]) => to - from));
    const gradient = t.step('the gradient of the window', g[i], {
      '0 unless the middle element wins': at === i ? g[i] : 0,
      '0 for windows that are cut at the ends': size < full ? 0 : g[i],
      'the gradient at the index of the winner': g[at],
    });
    if (at < range[0] || at >= range[1]) out[at] += gradient;
    else cells.forEach((j, m) => (out[j] += gradient * shares[m]));
  });
  return out;
}

/** The functions of the max-pooling module in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: number[], K: number, S: number) => maxima(t, x, ranges(t, x, K, S)),
  backpropToInput: (t: Trace, g: number[], x: number[], K: number, S: number) =>
    spread(t, g, x, ranges(t, x, K, S)),
  forwardSame: (t: Trace, x: number[], K: number) => maxima(t, x, rangesSame(t, x, K)),
  backpropSameToInput: (t: Trace, g: number[], x: number[], K: number) =>
    spread(t, g, x, rangesSame(t, x, K)),
};
