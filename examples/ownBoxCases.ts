/**
 * A custom box and its random cases, which the command line checks:
 *
 *     npm run -s boxprop -- gradcheck --module examples/ownBoxCases.ts
 */
import { abs, mul, sign, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { Module } from 'boxprop';
import type { Cases } from 'boxprop/gradcheck';

/** x_out = |x_in|, ∂C/∂x_in = ∂C/∂x_out · sign(x_in) */
export class Absolute extends Module<Tensor, Tensor, { input: Tensor }> {
  forward(input: Tensor) {
    return { output: abs(input), cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: { input: Tensor }) {
    return tidy(() => mul(gradOutput, sign(input)));
  }
}

/**
 * One function per box. Each call draws a new random case. `wellSeparated` keeps the input away
 * from the kink at 0.
 */
export const cases: Cases = {
  Absolute: (draw) => {
    const shape = [draw.integer(1, 4), draw.integer(1, 5)];
    return {
      config: `Absolute() on [${shape.join(', ')}]`,
      box: new Absolute(),
      input: draw.wellSeparated(shape),
    };
  },
};
