import { ChannelShuffle } from '../../modules/channelShuffle.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Gather } from '../../modules/gather.ts';
import { Identity } from '../../modules/identity.ts';
import { PadChannels } from '../../modules/historic/padChannels.ts';
import { PixelShuffle } from '../../modules/pixelShuffle.ts';
import { Reshape } from '../../modules/reshape.ts';
import { Slice } from '../../modules/slice.ts';
import type { Cases, Draw } from '../case.ts';

/** Draws the shape of an input, and one of its axes without the batch, counted from either end. */
function drawAxis(draw: Draw): { shape: number[]; axis: number; size: number } {
  const shape = [draw.integer(1, 2), ...Array.from({ length: draw.integer(1, 3) }, () => draw.integer(1, 5))]; // prettier-ignore
  const axis = draw.integer(1, shape.length - 1);
  return { shape, axis: draw.chance(0.5) ? axis : axis - shape.length, size: shape[axis] };
}

/** The cases of the boxes that change only the shape, or take a part of their input. */
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
  Slice: (draw) => {
    const { shape, axis, size } = drawAxis(draw);
    const first = draw.integer(0, size - 1);
    const last = draw.integer(first + 1, size);
    const begin = draw.chance(0.5) ? first : first - size;
    const end = last === size ? undefined : draw.chance(0.5) ? last : last - size;
    const options = { begin, ...(end !== undefined && { end }), step: draw.integer(1, 3) };
    return {
      config: `Slice(${axis}, ${JSON.stringify(options)}) on [${shape.join(', ')}]`,
      box: new Slice(axis, options),
      input: draw.normal(shape),
    };
  },
  Gather: (draw) => {
    const { shape, axis, size } = drawAxis(draw);
    const indices = Array.from({ length: draw.integer(1, 5) }, () => draw.integer(0, size - 1));
    const config = `Gather(${axis}, [${indices.join(', ')}]) on [${shape.join(', ')}]`;
    return { config, box: new Gather(axis, indices), input: draw.normal(shape) };
  },
};
