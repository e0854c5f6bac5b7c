import type { Derivation, Trace } from '../grader/derivation.ts';
import * as solution from './solution.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const probabilities = (t: Trace, x: number[]) =>
  t.step('y', t.result('forward', solution.forward(x)));

/** The functions of the softmax module and its cost in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: number[]) => {
    const largest = Math.max(...x);
    const powers = t.step('the exponentials', x.map((v) => Math.exp(v - largest)), {
      'powers of 2': x.map((v) => 2 ** (v - largest)),
    }); // prettier-ignore
    const total = t.step('the sum of the exponentials', sum(powers), {
      'the largest exponential': Math.max(...powers),
      'the root of the sum of their squares': Math.hypot(...powers),
      'the number of scores': x.length,
      'the sum without the last one': sum(powers.slice(0, -1)),
      'the sum without the first one': sum(powers.slice(1)),
      'the sum of the scores': sum(x),
    });
    const others = powers.map((e, i) => sum(powers) - powers[i] || e);
    return powers.map(
      (e, i) => e / t.step('the sum over all scores', total, { 'the sum over the others': others[i], 'the sum up to this one': sum(powers.slice(0, i + 1)) }), // prettier-ignore
    );
  },
  backpropToInput: (t: Trace, g: number[], x: number[]) => {
    const y = probabilities(t, x);
    const weighted = t.step('the products g[j] y[j]', g.map((v, j) => v * y[j]), {
      'g[j] without the probability': g,
      'y[j] without g': y,
      'g[j] / n': g.map((v) => v / g.length),
    }); // prettier-ignore
    const total = t.step('the sum of g[j] y[j]', sum(weighted), {
      'their mean': sum(weighted) / g.length,
    });
    return t.step('the y[i] in front', y).map((v, i) => {
      const through = t.step('the sum over all classes', total, {
        'only the term of class i': weighted[i],
      });
      const others = t.term('the sum over the other classes', weighted[i] - through);
      const own = t.term('the term of class i in the sum', -weighted[i]);
      const inner = t.term('the path through the numerator', g[i]) + own + others;
      return t.step('the product of y[i] and the bracket', v * inner, {
        'y − gradOutput': y[i] - g[i],
        'gradOutput − y': g[i] - y[i],
        'the sum of y and the bracket': v + inner,
      });
    });
  },
  crossEntropy: (t: Trace, x: number[], target: number) => {
    const y = t.result('forward', solution.forward(x))[target];
    const largest = Math.max(...x);
    const log = t.term('log Σ exp(x − max x)', Math.log(sum(x.map((v) => Math.exp(v - largest))))); // prettier-ignore
    const cost = log + t.term('max x', largest) - t.term('x_t', x[target]);
    // The cost is −log y_t as well. A mistake in y_t shows in the difference, which is 0 otherwise.
    const own = t.step('y_t', y);
    return own === y ? cost : -Math.log(own);
  },
  crossEntropyToInput: (t: Trace, x: number[], target: number) => {
    const y = probabilities(t, x);
    const hot = x.map((_, i) => (i === target ? 1 : 0));
    const own = t.term('y', y);
    const right = t.term('the 1 of the right class', hot);
    return own.map((v, i) =>
      t.step('the gradient of the score', v - right[i], {
        '−1/y_t at the right class, the gradient of the probability,': i === target ? -1 / y[i] : 0,
        'y − 1 at the right class and 0 elsewhere': i === target ? y[i] - 1 : 0,
        '1/y': 1 / y[i],
      }),
    );
  },
};
