import type { Derivation, Trace } from '../grader/derivation.ts';
import * as solution from './solution.ts';

type Rows = number[][];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const inputs = (t: Trace, x: number[], V: Rows) =>
  t.step('a', t.result('hiddenInput', solution.hiddenInput(x, V)));

const errorOf = (t: Trace, x: number[], V: Rows, w: number[], target: number) =>
  t.step('o − t', t.term('o', t.result('output', solution.output(x, V, w))) - t.term('t', target));

const slopes = (t: Trace, a: number[]) =>
  t.step(
    'the slope of tanh',
    a.map((one) => 1 - Math.tanh(one) ** 2),
    {
      'tanh a': a.map(Math.tanh),
      'tanh² a': a.map((one) => Math.tanh(one) ** 2),
      '1 + tanh² a': a.map((one) => 1 + Math.tanh(one) ** 2),
      '1 − tanh a': a.map((one) => 1 - Math.tanh(one)),
      'the slope of tanh at the output of the hidden unit': a.map((one) => 1 - Math.tanh(Math.tanh(one)) ** 2), // prettier-ignore
      'the slope of the sigmoid, h (1 − h),': a.map((one) => Math.tanh(one) * (1 - Math.tanh(one))),
    },
  );

/** The values that students use in the place of (o − t)². */
const othersOfSquare = (error: number) => ({
  'o − t, without the square,': error,
  '|o − t|': Math.abs(error),
  '(o − t)³': error ** 3,
});

/** The functions of the example of backpropagation in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  hiddenInput: (t: Trace, x: number[], V: Rows) =>
    V.map((row, j) =>
      sum(
        t.parts(
          'the sum over the inputs',
          t.step(
            'the product V[j][i] x[i]',
            row.map((v, i) => v * x[i]),
            {
              'the product V[i][j] x[i], by the transposed V,': x.map(
                (v, i) => v * (V[i]?.[j] ?? 0),
              ),
            },
          ),
        ),
      ),
    ),
  output: (t: Trace, x: number[], V: Rows, w: number[]) => {
    const h = t.step('tanh a', inputs(t, x, V).map(Math.tanh)); // prettier-ignore
    return sum(
      t.step(
        'the products w[j] tanh a[j]',
        w.map((one, j) => one * h[j]),
      ),
    );
  },
  cost: (t: Trace, x: number[], V: Rows, w: number[], target: number) =>
    t.step('the ½', 0.5) *
    t.step(
      '(o − t)²',
      errorOf(t, x, V, w, target) ** 2,
      othersOfSquare(solution.output(x, V, w) - target),
    ),
  toHiddenInput: (t: Trace, x: number[], V: Rows, w: number[], target: number) => {
    const slope = slopes(t, inputs(t, x, V));
    const error = errorOf(t, x, V, w, target);
    return t.step('w[j]', w).map((one, j) => error * one * slope[j]);
  },
  toSecondWeights: (t: Trace, x: number[], V: Rows, w: number[], target: number) => {
    const a = inputs(t, x, V);
    const error = errorOf(t, x, V, w, target);
    t.step(
      'the slope 1 − tanh² a',
      a.map((one) => 1 - Math.tanh(one) ** 2),
    );
    const h = t.step('tanh a', a.map(Math.tanh), { 'the slope 1 − tanh² a': a.map((one) => 1 - Math.tanh(one) ** 2) }); // prettier-ignore
    return h.map((one) => error * one);
  },
  toFirstWeights: (t: Trace, x: number[], V: Rows, w: number[], target: number) => {
    const g = t.result('toHiddenInput', solution.toHiddenInput(x, V, w, target));
    const error = solution.output(x, V, w) - target;
    const toHidden = t.step('∂E/∂a', g, {
      'o − t': w.map(() => error),
      '(o − t) w[j], the gradient at the output of the hidden units,': w.map((one) => error * one),
      '(o − t) tanh a[j], the gradient of w,': solution.toSecondWeights(x, V, w, target),
    });
    return toHidden.map((one) => t.step('x[i]', x).map((v) => one * v));
  },
  step: (t: Trace, x: number[], V: Rows, w: number[], target: number, eta: number) => {
    const first = t.result('toFirstWeights', solution.toFirstWeights(x, V, w, target));
    const second = t.result('toSecondWeights', solution.toSecondWeights(x, V, w, target));
    const moveV = t.term('the step of V', t.step('∂E/∂V', first).map((row) => row.map((v) => eta * v))); // prettier-ignore
    const moveW = t.term('the step of w', t.step('∂E/∂w', second, { '∂E/∂w at the new V': solution.toSecondWeights(x, V.map((row, j) => row.map((v, i) => v + eta * first[j][i])), w, target) }).map((v) => eta * v)); // prettier-ignore
    const [oldV, oldW] = [t.term('the old V', V), t.term('the old w', w)];
    return [
      ...oldV.map((row, j) => row.map((v, i) => v + moveV[j][i])),
      oldW.map((v, j) => v + moveW[j]),
    ];
  },
};
