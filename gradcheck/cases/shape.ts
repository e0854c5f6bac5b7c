import { Flatten } from '../../modules/flatten.ts';
import type { Cases } from '../case.ts';

export const cases: Cases = {
  Flatten: (draw) => {
    const shape = Array.from({ length: draw.integer(2, 4) }, () => draw.integer(1, 4));
    return { config: `Flatten() on [${shape.join(', ')}]`, box: new Flatten(), input: draw.normal(shape) };
  },
};
