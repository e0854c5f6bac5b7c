import type { Derivation, Trace } from '../grader/derivation.ts';

type Rows = number[][];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The slopes below 0 for example n and channel c, and what students use in their place. */
const slopeOf = (t: Trace, a: number[], n: number, c: number) =>
  t.step('a[c]', a[c], {
    'a[n], the slope by the example,': a[n % a.length],
    'a[0], one slope for all channels,': a[0],
    'the mean of all slopes': sum(a) / a.length,
    'the sum of all slopes': sum(a),
    'a[C − 1 − c], the slope of the channel from the other end,': a[a.length - 1 - c],
    'a[c + 1], the slope of the next channel,': a[(c + 1) % a.length],
    'the last slope': a[a.length - 1],
  });

/** Whether an input counts as above 0, and what students ask in its place. */
const isAbove = (t: Trace, v: number, slope: number, g = 1) =>
  t.step('the condition x > 0', Number(v > 0), {
    'the condition x ≥ 0': Number(v >= 0),
    'the condition x < 0, the reverse,': Number(v < 0),
    'the condition x ≤ 0, the reverse,': Number(v <= 0),
    'the condition x > a x, as in max(x, a x),': Number(v > slope * v),
    'the condition x < a x, as in min(x, a x),': Number(v < slope * v),
    'the condition on the output': Number((v > 0 ? v : slope * v) > 0),
    'the condition on the gradient': Number(g > 0),
    'the condition x > a': Number(v > slope),
    'no condition (a everywhere)': 0,
    'no condition (1 everywhere)': 1,
  }) !== 0;

/** Whether an example counts in the gradient to the slope, and what students ask in its place. */
const counts = (t: Trace, v: number, slope: number, g: number) =>
  t.step('the condition x ≤ 0', Number(v <= 0), {
    'the condition x > 0, the reverse,': Number(v > 0),
    'the condition x ≤ a x, as in max(x, a x),': Number(v <= slope * v),
    'the condition x ≥ a x, as in min(x, a x),': Number(v >= slope * v),
    'the condition on the output': Number((v > 0 ? v : slope * v) <= 0),
    'the condition on the gradient': Number(g <= 0),
    'the condition x ≤ a': Number(v <= slope),
    'no condition (every example counts)': 1,
    'no condition (no example counts)': 0,
  }) !== 0;

/** The functions of the parametric rectifier in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: Rows, a: number[]) =>
    x.map((row, n) =>
      row.map((v, c) =>
        isAbove(t, v, a[c])
          ? t.term('the value above 0', v)
          : t.term('the value below 0', slopeOf(t, a, n, c) * t.step('x below 0', v)),
      ),
    ),
  backpropToInput: (t: Trace, g: Rows, x: Rows, a: number[]) =>
    x.map((row, n) =>
      row.map((v, c) => {
        const slope = isAbove(t, v, a[c], g[n][c])
          ? t.step('the slope above 0', 1, { 'a[c]': a[c], x: v })
          : t.step('the slope below 0', slopeOf(t, a, n, c), { 'x a[c]': v * a[c], x: v });
        return t.step('the gradient of the output', g[n][c]) * slope;
      }),
    ),
  backpropToParams: (t: Trace, g: Rows, x: Rows, a: number[]) => {
    const parts = x.map((row, n) =>
      row.map((v, c) =>
        counts(t, v, a[c], g[n][c])
          ? t.step('g x, the contribution of an input below 0,', g[n][c] * v, {
              'g without x': g[n][c],
              'x without g': v,
              'g a[c]': g[n][c] * a[c],
              'g x a[c]': g[n][c] * v * a[c],
              'g |x|': g[n][c] * Math.abs(v),
            })
          : undefined,
      ),
    );
    return a.map((_, c) => {
      const own = parts.flatMap((row) => row[c] ?? []);
      const total = sum(t.parts('the sum over the examples', own));
      return t.step('the sum over the examples of channel c', total, {
        'the sum over all channels': sum(parts.flatMap((row) => row.map((v) => v ?? 0))),
        'the sum over the channels of example c': sum((parts[c] ?? [NaN]).map((v) => v ?? 0)),
        'the mean over the examples below 0': total / own.length,
      });
    });
  },
};
