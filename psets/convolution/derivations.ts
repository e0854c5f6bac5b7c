import type { Derivation, Trace } from '../grader/derivation.ts';
import { source, type Boundary } from './solution.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The elements that students read outside of the input, by description. −1 reads none. */
function othersFor(j: number, N: number, boundary: Boundary): Record<string, number> {
  const outside = j < 0 || j >= N;
  const other = (at: number) => (outside ? at : j);
  return {
    'no element (0)': other(-1),
    'the nearest end': other(j < 0 ? 0 : N - 1),
    'the mirror image that repeats the end, −j − 1 and 2N − 1 − j,': other(j < 0 ? -j - 1 : 2 * N - 1 - j), // prettier-ignore
    'the mirror image that leaves out the end, −j and 2(N − 1) − j,': other(j < 0 ? -j : 2 * (N - 1) - j), // prettier-ignore
    'the other end, j + N and j − N,': other(j < 0 ? j + N : j - N),
    'the other end, one too far (j + N − 1 and j − N + 1),': other(j < 0 ? j + N - 1 : j - N + 1),
    'the opposite end': other(j < 0 ? N - 1 : 0),
    'the end 0 on both sides': other(0),
    'the end N − 1 on both sides': other(N - 1),
    'no element on the left': j < 0 ? -1 : source(j, N, boundary),
    'no element on the right': j >= N ? -1 : source(j, N, boundary),
    'the mirror image 2N − j on the right': j >= N ? 2 * N - j : source(j, N, boundary),
    'the mirror image 2N − 1 − j on the right': j >= N ? 2 * N - 1 - j : source(j, N, boundary),
    'the mirror image −j − 1 on the left': j < 0 ? -j - 1 : source(j, N, boundary),
  };
}

/** Lists (i, j, m) for every kernel element m of every output i that reads an element j. */
function reads(t: Trace, N: number, M: number, boundary: Boundary): [number, number, number][] {
  const p = t.step('p', Math.floor((M - 1) / 2), {
    '⌊M/2⌋': Math.floor(M / 2),
    '⌈M/2⌉': Math.ceil(M / 2),
    'M − 1': M - 1,
    M,
    'M/2 − 1': Math.floor(M / 2) - 1,
  });
  const found: [number, number, number][] = [];
  for (let i = 0; i < N; i++)
    for (let m = 0; m < M; m++) {
      const at = t.step('the index i − p + m', i - p + m, {
        'the index i + p − m': i + p - m,
        'the index i − m': i - m,
        'the index i + p + m': i + p + m,
      });
      const others = othersFor(at, N, boundary);
      const j = t.step('the element that is read outside', source(at, N, boundary), others);
      if (j >= 0 && j < N) found.push([i, j, m]);
    }
  return found;
}

/** The functions of the convolution module in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: number[], w: number[], boundary: Boundary) => {
    const all = reads(t, x.length, w.length, boundary);
    return x.map((_, i) => {
      const terms = all.flatMap(([at, j, m]) => (at === i ? [x[j] * w[m]] : []));
      return sum(t.parts('the terms of an output', terms));
    });
  },
  backpropToInput: (t: Trace, g: number[], x: number[], w: number[], boundary: Boundary) => {
    const all = reads(t, x.length, w.length, boundary);
    return x.map((_, at) => {
      const terms = all.flatMap(([i, j, m]) =>
        at === j
          ? [
              t.step('gradOutput[i]', g[i], { 'gradOutput[j], at the index of the input,': g[j] }) *
                w[m],
            ]
          : [],
      );
      const p = Math.floor((w.length - 1) / 2);
      const padded = t.step('the terms of an element', terms, {
        'gradOutput, read through the boundary around the element,': w.map(
          (v, m) => v * (g[source(at + p - m, x.length, boundary)] ?? 0),
        ),
      });
      return sum(t.parts('the sum of the terms', padded));
    });
  },
  backpropToParams: (t: Trace, g: number[], x: number[], w: number[], boundary: Boundary) => {
    const all = reads(t, x.length, w.length, boundary);
    return w.map((_, at) => {
      const terms = all.flatMap(([i, j, m]) =>
        at === m
          ? [
              t.step('gradOutput[i] x[i − p + m], with the boundary in x,', g[i] * x[j], {
                'x[i] gradOutput[i − p + m], with the boundary in gradOutput,': g[j] * x[i],
              }),
            ]
          : [],
      );
      return sum(t.parts('the terms of a kernel element', terms));
    });
  },
};
