import { show } from '../../../lib/errors.ts';
import { PixelShuffle } from '../../../modules/pixelShuffle.ts';
import type { Importer } from './node.ts';
import { reshaped, reshapedConstant } from './reshape.ts';
import {
  isBatch,
  regrouped,
  shapeOf,
  sizeOf,
  transposed,
  type Constant,
  type Entry,
} from './views.ts';

/** The importers of operators that change a shape or the order of axes. */
export const SHAPE: Readonly<Record<string, Importer>> = {
  Identity(at) {
    const value = at.input(0);
    if (value === undefined) throw at.fail('expected an input, got none');
    return value;
  },
  Cast(at) {
    const value = at.input(0);
    if (value === undefined) throw at.fail('expected an input, got none');
    const isFloat = [1, 10, 11, 16].includes(at.number('to', 1));
    if (value.kind === 'constant') return { ...value, isInteger: !isFloat };
    if (isFloat) return value;
    throw at.fail('expected a cast to floats, got one to another type');
  },

  Flatten(at) {
    const input = at.activation(0);
    const { file } = input;
    const given = at.number('axis', 1);
    const axis = given < 0 ? given + file.length : given;
    if (axis !== 1 || !isBatch(file[0]))
      throw at.fail(`expected axis 1, which keeps the batch, got ${given}`);
    return { ...input, file: [file[0], file.slice(1).flat()], via: at.label };
  },

  async Reshape(at) {
    const given = at.list('shape');
    const entries: readonly Entry[] = given ?? (await at.entries(at.constant(1)));
    const value = at.input(0);
    if (value?.kind === 'constant') return reshapedConstant(at, value, entries);
    return reshaped(at, at.activation(0), entries, at.number('allowzero', 0) !== 0);
  },

  async Squeeze(at) {
    const value = at.input(0);
    const axes = await at.integers(1, 'axes');
    if (value?.kind === 'constant') {
      const { dims } = value;
      const gone = axes?.map((axis) => at.axis(axis, dims.length));
      return withDims(value, dims.filter((size, k) => (gone ? !gone.includes(k) : size !== 1))); // prettier-ignore
    }
    const input = at.activation(0);
    const { file } = input;
    const gone = axes?.map((axis) => at.axis(axis, file.length));
    if (gone?.some((axis) => file[axis].length > 0))
      throw at.fail(
        `expected axes of size 1, got ${show([...(axes ?? [])])} of ${show(shapeOf(file))}`,
      );
    const kept = file.filter((axis, k) => (gone ? !gone.includes(k) : axis.length > 0));
    return { ...input, file: kept };
  },

  async Unsqueeze(at) {
    const value = at.input(0);
    const given = (await at.integers(1, 'axes')) ?? [];
    const dims = value?.kind === 'constant' ? value.dims : at.activation(0).file;
    const rank = dims.length + given.length;
    const axes = given.map((axis) => at.axis(axis, rank)).sort((a, b) => a - b);
    if (value?.kind === 'constant') {
      const sizes = [...value.dims];
      for (const axis of axes) sizes.splice(axis, 0, 1);
      return withDims(value, sizes);
    }
    const input = at.activation(0);
    const file = [...input.file];
    for (const axis of axes) file.splice(axis, 0, []);
    return { ...input, file };
  },

  Transpose(at) {
    const constant = at.input(0);
    if (constant?.kind === 'constant') {
      const { dims, values } = constant;
      const order = at.list('perm') ?? dims.map((_, k) => dims.length - 1 - k);
      if (order.length !== dims.length || !dims.every((_, k) => order.includes(k)))
        throw at.fail(
          `expected perm to be an order of ${dims.length} axes, got ${show([...order])}`,
        );
      return {
        ...withDims(constant, order.map((axis) => dims[axis])), // prettier-ignore
        values: async () => transposed(await values(), dims, order),
      };
    }
    const input = at.activation(0);
    const { file } = input;
    const order = at.list('perm') ?? file.map((_, k) => file.length - 1 - k);
    if (order.length !== file.length || !file.every((_, k) => order.includes(k)))
      throw at.fail(`expected perm to be an order of ${file.length} axes, got ${show([...order])}`);
    return { ...input, file: order.map((axis) => file[axis]) };
  },

  DepthToSpace(at) {
    const input = at.channelsLast(at.activation(0));
    const r = at.number('blocksize', 1);
    if (input.file.length !== 4)
      throw at.fail(`expected images [N, C, H, W], got the shape ${show(shapeOf(input.file))}`);
    const box = new PixelShuffle(r);
    if (at.text('mode', 'DCR') === 'CRD') {
      const { name, shape } = at.emit(box, input);
      return at.images(name, shape, input.file[0]);
    }
    // In the mode DCR, input channel (r·i + j)·C + c becomes pixel (i, j) of the blocks of output
    // channel c. `PixelShuffle` expects it at r²·c + r·i + j, so the channels are reordered first.
    const [batch, channels, height, width] = input.file;
    const view = regrouped(
      { ...input, file: [batch, channels, height, width] },
      [1, r, r, sizeOf(channels) / r / r, sizeOf(height), sizeOf(width)],
      0,
    );
    if (view === undefined)
      throw at.fail(`expected a multiple of ${r * r} channels, got ${sizeOf(channels)}`);
    const [, rows, columns, rest, ...positions] = view.file;
    const crd = { ...input, ...view, file: [batch, [...rest, ...rows, ...columns], ...positions] };
    const { name, shape } = at.emit(box, at.channelsLast(crd));
    return at.images(name, shape, batch);
  },
};

function withDims(value: Constant, dims: readonly number[]): Constant {
  return { ...value, dims };
}
