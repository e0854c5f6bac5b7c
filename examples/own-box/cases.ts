import type { Cases } from 'boxprop/gradcheck';
import { Swish } from './swish.ts';

export { Swish };

/** Draws a random case. `npx boxprop gradcheck --module ./cases.ts` checks twenty of them. */
export const cases: Cases = {
  Swish: (draw) => {
    const shape = [draw.integer(1, 4), draw.integer(1, 5)];
    return {
      config: `Swish() on [${shape.join(', ')}]`,
      box: new Swish(),
      input: draw.normal(shape),
    };
  },
};
