import type { Derivation, Trace } from '../grader/derivation.ts';
import { forward, type Kind } from './solution.ts';

/** The slope at the kink of a rectifier or an absolute value. */
const atKink = (t: Trace) =>
  t.step('the slope at the kink, 0,', 0, {
    'the slope −1': -1,
    'the slope 1': 1,
    'the slope ½': 0.5,
  });

/** The functions of pointwise modules in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: number[], kind: Kind) => {
    if (kind !== 'sigmoid') return forward(x, kind);
    const power = t.step('exp(−x)', x.map((v) => Math.exp(-v)), { 'exp(x)': x.map((v) => Math.exp(v)), 'exp(−x²)': x.map((v) => Math.exp(-v * v)) }); // prettier-ignore
    return power.map((e) => t.step('1', 1) / (t.step('the 1 below', 1) + e));
  },
  backpropToInput: (t: Trace, g: number[], x: number[], kind: Kind) => {
    const y = t.step('the output', t.result('forward', forward(x, kind)));
    const slope = x.map((v, i) => {
      switch (kind) {
        case 'relu':
          return v === 0 ? atKink(t) : v > 0 ? 1 : 0;
        case 'abs':
          return v === 0 ? atKink(t) : Math.sign(v);
        case 'tanh':
          return 1 - t.step('tanh² x', y[i] ** 2, { 'x²': v * v, 'tanh x': y[i] });
        case 'sigmoid':
          return t.step('y (1 − y)', t.step('y', y[i]) * t.step('1 − y', 1 - y[i], { '1 − x': 1 - v, '1 + y': 1 + y[i], '1 − 2 y': 1 - 2 * y[i] }), { '1 − y², the rule of tanh,': 1 - y[i] ** 2 }); // prettier-ignore
      }
    });
    return t.step('the slope', slope).map((s, i) => s * g[i]);
  },
};
