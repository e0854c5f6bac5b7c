import { Flatten } from '../../modules/flatten.ts';
import { Identity } from '../../modules/identity.ts';
import { PadChannels } from '../../modules/historic/padChannels.ts';
import { Reshape } from '../../modules/reshape.ts';
import type { Cases } from '../case.ts';

/** The cases of the boxes that change only the shape. */
export const cases: Cases = {
  Flatten: (draw) => {
    const shape = Array.from({ length: draw.integer(2, 4) }, () => draw.integer(1, 4));
    return {
      config: `Flatten() on [${shape.join(', ')}]`,
      box: new Flatten(),
      input: draw.normal(shape),
    };
  },
  Identity: (draw) => {
    const shape = Array.from({ length: draw.integer(1, 3) }, () => draw.integer(1, 4));
    return {
      config: `Identity() on [${shape.join(', ')}]`,
      box: new Identity(),
      input: draw.normal(shape),
    };
  },
  PadChannels: (draw) => {
    const shape = Array.from({ length: draw.integer(2, 4) }, () => draw.integer(1, 3));
    const more = draw.integer(0, 3);
    const config = `PadChannels(${more}) on [${shape.join(', ')}]`;
    return { config, box: new PadChannels(more), input: draw.normal(shape) };
  },
  Reshape: (draw) => {
    const [a, b, c] = [draw.integer(1, 4), draw.integer(1, 3), draw.integer(1, 3)];
    const example = draw.pick([a, b, c], [a * b * c], [c, a * b]);
    const sizes = draw.pick(
      [a * c, b],
      [b, c, a],
      [-1],
      [c, -1],
      [b, -1, a],
      [a * b * c, 1],
      [1, a, -1],
    );
    const shape = [draw.integer(1, 3), ...example];
    const config = `Reshape([${sizes.join(', ')}]) on [${shape.join(', ')}]`;
    return { config, box: new Reshape(sizes), input: draw.normal(shape) };
  },
};
