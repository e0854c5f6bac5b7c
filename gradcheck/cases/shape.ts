import { ChannelShuffle } from '../../modules/channelShuffle.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Identity } from '../../modules/identity.ts';
import { PadChannels } from '../../modules/historic/padChannels.ts';
import { PixelShuffle } from '../../modules/pixelShuffle.ts';
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
  PixelShuffle: (draw) => {
    const r = draw.integer(1, 3);
    const [batch, height, width] = [draw.integer(1, 2), draw.integer(1, 3), draw.integer(1, 3)];
    const shape = [batch, height, width, r * r * draw.integer(1, 2)];
    const config = `PixelShuffle(${r}) on [${shape.join(', ')}]`;
    return { config, box: new PixelShuffle(r), input: draw.normal(shape) };
  },
  ChannelShuffle: (draw) => {
    const groups = draw.integer(1, 4);
    const positions = Array.from({ length: draw.integer(0, 2) }, () => draw.integer(1, 3));
    const shape = [draw.integer(1, 2), ...positions, groups * draw.integer(1, 4)];
    const config = `ChannelShuffle(${groups}) on [${shape.join(', ')}]`;
    return { config, box: new ChannelShuffle(groups), input: draw.normal(shape) };
  },
};
