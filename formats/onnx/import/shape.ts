import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import type { PaddingMode } from '../../../lib/geometry.ts';
import { Concat } from '../../../modules/concat.ts';
import { PadChannels } from '../../../modules/historic/padChannels.ts';
import { Pad2D } from '../../../modules/pad2d.ts';
import { PixelShuffle } from '../../../modules/pixelShuffle.ts';
import { Upsample2D } from '../../../modules/upsample2d.ts';
import type { Importer, ImportNode } from './node.ts';
import {
  isBatch,
  newAxis,
  regrouped,
  shapeOf,
  sizeOf,
  transposed,
  type Activation,
  type Atom,
  type Constant,
  type Entry,
  type Value,
} from './views.ts';

const LARGEST_IMAGE = 2 ** 14;

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

  async Concat(at) {
    const values = at.node.inputs.map((_, i) => at.input(i));
    const constants = values.filter((value) => value?.kind === 'constant');
    if (constants.length === values.length) return concatenated(at, constants);
    const inputs = at.node.inputs.map((_, i) => at.activation(i));
    const rank = inputs[0].file.length;
    const axis = at.axis(at.number('axis', 1), rank);
    if (inputs.some(({ file }) => file.length !== rank))
      throw at.fail(
        `expected inputs of one rank, got ${inputs.map((input) => show(shapeOf(input.file))).join(' and ')}`,
      );
    if (axis === 0) throw at.fail('expected an axis other than the batch, got 0');
    // The box `Concat` joins along the last axis, so the given axis is moved there.
    const order = [...inputs[0].file.keys()].filter((k) => k !== axis);
    const isMap = rank > 2 && axis === 1;
    const wanted = isMap ? [0, ...order.slice(1), 1] : [...order, axis];
    const same = inputs.map((input) => at.arranged(input, wanted.map((k) => input.file[k]))); // prettier-ignore
    const { name, shape } = at.build.emitMerge(
      at.label,
      new Concat(),
      same.map((input) => input.name),
    );
    const joined = newAxis(shape[shape.length - 1]);
    const file = same[0].file.map((own, k) => (k === axis ? joined : own));
    return { kind: 'activation', name, file, stored: wanted.map((k) => file[k]) };
  },

  async Pad(at) {
    const input = at.activation(0);
    const rank = input.file.length;
    const list = (await at.integers(1, at.has('paddings') ? 'paddings' : 'pads')) ?? [];
    const value = at.has('value') ? at.number('value', 0) : ((await at.single(2)) ?? 0);
    const axes = (await at.integers(3)) ?? Array.from({ length: rank }, (_, k) => k);
    if (list.length !== 2 * axes.length || !list.every((size) => Math.abs(size) <= 2 ** 17))
      throw at.fail(`expected ${2 * axes.length} pads, got ${show([...list])}`);
    const pads = new Array<number>(2 * rank).fill(0);
    axes.forEach((axis, k) => {
      pads[at.axis(axis, rank)] = list[k];
      pads[rank + at.axis(axis, rank)] = list[axes.length + k];
    });
    if (pads.every((size) => size === 0)) return input;
    if (pads.some((size) => size < 0))
      throw at.fail(
        `expected pads of at least 0, got ${show(pads)}: pads below 0 cut off, which is not supported`,
      );
    const mode = at.text('mode', 'constant');
    const isPadded = (_: number, axis: number) => pads[axis] > 0 || pads[rank + axis] > 0;
    const padded = [...input.file.keys()].filter(isPadded);
    const MODES: Readonly<Record<string, PaddingMode>> = { constant: 'zeros', reflect: 'reflect', edge: 'replicate', wrap: 'circular' }; // prettier-ignore
    const known = MODES[mode];
    if (known === undefined)
      throw at.fail(
        `expected mode to be one of ${Object.keys(MODES).join(', ')}, got ${show(mode)}`,
      );
    if (padded.every((axis) => axis === 1) && pads[1] === 0 && mode === 'constant' && value === 0) {
      const { value: last, order } = at.featuresLast(input);
      if (order === input.file[1]) {
        const { name, shape } = at.emit(new PadChannels(pads[rank + 1]), last);
        const more = newAxis(shape[shape.length - 1]);
        const swap = (axis: readonly Atom[]) => (axis === input.file[1] ? more : axis);
        const stored = [...last.stored.slice(0, -1), more];
        return { kind: 'activation', name, file: last.file.map(swap), stored };
      }
    }
    const rest = [...input.file.keys()].filter((axis) => axis > 0 && !padded.includes(axis));
    if (padded.length > 2 || padded.includes(0))
      throw at.fail(`expected pads of at most two axes without the batch, got ${show(pads)}`);
    // `Pad2D` pads the rows and columns of images. So the padded axes become rows and columns, and
    // all other axes become channels.
    const isMap = rank === 4 && input.stored.length === 4 && padded.length > 0;
    const own = isMap && isPositions(input, padded) ? positionsIn(input) : undefined;
    const [rows, columns] = own ?? [
      padded.length === 2 ? padded[0] : undefined,
      padded.at(-1) ?? 1,
    ];
    const channels = own ? input.file.findIndex((axis) => axis === input.stored[3]) : undefined;
    const others = channels === undefined ? rest.map((axis) => input.file[axis]).flat() : input.file[channels]; // prettier-ignore
    const axisOf = (axis: number | undefined) => (axis === undefined ? [] : input.file[axis]);
    const wanted = [input.file[0], axisOf(rows), axisOf(columns), others];
    const sides = (axis: number | undefined): [number, number] =>
      axis === undefined ? [0, 0] : [pads[axis], pads[rank + axis]];
    const box = new Pad2D([sides(rows), sides(columns)], { mode: known, value });
    const { name, shape } = at.emit(box, at.arranged(input, wanted));
    const file = input.file.map((axis, k) =>
      k === rows ? newAxis(shape[1]) : k === columns ? newAxis(shape[2]) : axis,
    );
    const stored = [file[0], rows === undefined ? [] : file[rows], file[columns], others];
    return { kind: 'activation', name, file, stored };
  },

  Resize: (at) => resized(at, at.opset < 11 ? 1 : 2, 3),
  Upsample: (at) => resized(at, 1, undefined),

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

  async Expand(at) {
    const input = at.activation(0);
    const entries = await at.entries(at.constant(1));
    const short = input.file.length - entries.length;
    const isSame = entries.every((entry, k) => {
      const axis = input.file[short + k];
      return entry === 1 || (axis !== undefined && (entry === 'batch' ? isBatch(axis) : entry === sizeOf(axis))); // prettier-ignore
    });
    if (isSame) return input;
    throw at.fail(`expected a shape that repeats nothing, got ${show([...entries])}`);
  },

  async Gather(at) {
    const data = at.input(0);
    if (data?.kind !== 'constant' || data.dims.length !== 1)
      throw at.fail('expected a constant list, got another value');
    const entries = await at.entries(data);
    const index = at.constant(1);
    const picked = (await at.entries(index)).map((one) => {
      const entry = one === 'batch' ? undefined : entries.at(one);
      if (entry === undefined)
        throw at.fail(`expected indices below ${entries.length}, got ${show(one)}`);
      return entry;
    });
    return { ...at.list1(picked, index.dims), isInteger: data.isInteger };
  },

  async Slice(at) {
    const data = at.input(0);
    if (data?.kind !== 'constant') throw at.fail('expected a constant, got a value of the network');
    const entries = await at.entries(data);
    const rank = data.dims.length;
    const [starts = [], ends = []] = [await at.integers(1, 'starts'), await at.integers(2, 'ends')];
    const axes = (await at.integers(3, 'axes')) ?? starts.map((_, k) => k);
    const steps = (await at.integers(4)) ?? starts.map(() => 1);
    const picks = data.dims.map((size) => Array.from({ length: size }, (_, i) => i));
    if ([ends, axes, steps].some((list) => list.length !== starts.length) || steps.includes(0))
      throw at.fail(
        `expected starts, ends, axes and steps of one length, and no step of 0, got ${[starts, ends, axes, steps].map(show).join(', ')}`,
      );
    axes.forEach((own, k) => {
      const axis = at.axis(own, rank);
      const size = data.dims[axis];
      const [step, least, most] = [steps[k], steps[k] < 0 ? -1 : 0, steps[k] < 0 ? size - 1 : size];
      const inside = (place: number) => Math.min(Math.max(place < 0 ? place + size : place, least), most); // prettier-ignore
      const [start, end] = [inside(starts[k]), inside(ends[k])];
      const count = Math.max(Math.ceil((end - start) / step), 0);
      picks[axis] = Array.from({ length: count }, (_, i) => start + i * step);
    });
    let places = [0];
    for (const [axis, own] of picks.entries())
      places = places.flatMap((place) => own.map((i) => place * data.dims[axis] + i));
    const dims = picks.map(({ length }) => length);
    return { ...at.list1(places.map((place) => entries[place]), dims), isInteger: data.isInteger }; // prettier-ignore
  },
};

/**
 * Returns the axes of the file that are the rows and columns of the network's images, or −1 where
 * there is none.
 */
function positionsIn({ file, stored }: Activation): [number, number] {
  const at = (k: number) => file.findIndex((axis) => axis === stored[k]);
  return [at(1), at(2)];
}

/** Returns whether all padded axes are rows or columns of the network's images. */
function isPositions(input: Activation, padded: readonly number[]): boolean {
  const positions = positionsIn(input);
  return !positions.includes(-1) && padded.every((axis) => positions.includes(axis));
}

function withDims(value: Constant, dims: readonly number[]): Constant {
  return { ...value, dims };
}

function reshapedConstant(at: ImportNode, value: Constant, entries: readonly Entry[]): Constant {
  const sizes = entries.map((entry, k) => (entry === 'batch' ? 1 : entry === 0 ? (value.dims[k] ?? 0) : entry)); // prettier-ignore
  const known = numElements(sizes.filter((size) => size !== -1));
  const dims = sizes.map((size) => (size === -1 ? numElements(value.dims) / known : size));
  if (numElements(dims) === numElements(value.dims)) return withDims(value, dims);
  throw at.fail(
    `expected a shape of ${numElements(value.dims)} elements, got ${show([...entries])}`,
  );
}

/**
 * Reshapes a value. If possible, only its file view changes, and its atoms form other axes. If an
 * atom would have to be divided unevenly, the network's tensor is reshaped too, in the order of the
 * file.
 */
function reshaped(
  at: ImportNode,
  input: Activation,
  entries: readonly Entry[],
  allowZero: boolean,
): Activation {
  const { file } = input;
  const elements = sizeOf(file.flat().filter((atom) => !atom.isBatch));
  const batch = file.flat().find((atom) => atom.isBatch);
  const target = entries.map((entry, k): Entry => {
    if (entry !== 0 || allowZero) return entry;
    const axis = file[k] ?? [];
    return isBatch(axis) ? 'batch' : sizeOf(axis);
  });
  const isSize = (entry: Entry) =>
    entry === 'batch' || entry === -1 || (Number.isSafeInteger(entry) && entry > 0);
  const open = target.filter((entry) => entry === -1).length;
  if (!target.every(isSize) || open > 1)
    throw at.fail(`expected a shape of positive integers and one -1, got ${show([...entries])}`);
  // The batch is the axis that the shape names, or else the first axis, if the other sizes fit an
  // example.
  let batchAt = target.indexOf('batch');
  const product = (list: readonly Entry[]) =>
    list.reduce((all: number, entry) => (entry === 'batch' || entry === -1 ? all : all * entry), 1);
  if (batchAt < 0) {
    const rest = target.slice(1);
    const fits = rest.includes(-1) ? elements % product(rest) === 0 : product(rest) === elements;
    if (fits && (target[0] === -1 || target[0] === batch?.size)) batchAt = 0;
  }
  if (batchAt < 0 || target.filter((entry) => entry === 'batch').length > 1) {
    throw at.fail(
      `expected a shape that keeps the batch apart, got ${show([...entries])} for ${show(shapeOf(file))}`,
    );
  }
  const rest = target.map((entry, k) => (k === batchAt ? 1 : entry === 'batch' ? 1 : entry));
  const known = product(rest);
  const sizes = rest.map((size) => (size === -1 ? elements / known : size));
  if (!sizes.every(Number.isInteger) || numElements(sizes) !== elements) {
    throw at.fail(
      `expected a shape of ${elements} elements per example, got ${show([...entries])}`,
    );
  }
  const view = regrouped(input, sizes, batchAt);
  if (view !== undefined) return { ...input, ...view, via: at.label };
  const [own] = file.filter(isBatch);
  const flat = at.arranged(input, [own, file.flat().filter((atom) => !atom.isBatch)]);
  const axes = sizes.map((size, k) => (k === batchAt ? own : newAxis(size)));
  // Each axis of the reshaped tensor is a new atom.
  const stored = [own, ...axes.filter((_, k) => k !== batchAt)];
  const name = at.build.reshape(at.label, flat.name, shapeOf(stored));
  return { kind: 'activation', name, file: axes, stored };
}

async function concatenated(at: ImportNode, values: readonly Constant[]): Promise<Value> {
  const lists: Entry[] = [];
  const other = values.find(({ dims }) => dims.length !== 1);
  if (other !== undefined)
    throw at.fail(`expected constants that are lists, got the shape ${show([...other.dims])}`);
  for (const value of values) lists.push(...(await at.entries(value)));
  return { ...at.list1(lists), isInteger: values.every(({ isInteger }) => isInteger) };
}

/** Resizes images by nearest neighbours or bilinearly. */
async function resized(at: ImportNode, scalesAt: number, sizesAt: number | undefined) {
  const input = at.channelsLast(at.activation(0));
  if (input.file.length !== 4)
    throw at.fail(`expected images [N, C, H, W], got the shape ${show(shapeOf(input.file))}`);
  const positions = input.file.slice(2).map(sizeOf);
  const listed = at.list('scales');
  const constant = listed === undefined ? at.optional(scalesAt) : undefined;
  const scales = listed ?? (constant && Array.from(await constant.values()));
  const sizes = sizesAt === undefined ? undefined : await at.integers(sizesAt);
  const axes = (at.list('axes') ?? [0, 1, 2, 3]).map((axis) => at.axis(axis, 4));
  const own = [1, 1, 1, 1];
  axes.forEach((axis, k) => {
    const size = sizeOf(input.file[axis]);
    own[axis] = (scales?.length ? scales[k] : (sizes?.[k] ?? 0) / size) || 0;
  });
  const factors = own.slice(2);
  if (own[0] !== 1 || own[1] !== 1 || !factors.every((factor) => factor > 0))
    throw at.fail(`expected factors of height and width, got ${show(own)}`);
  if (at.number('antialias', 0) !== 0) throw at.fail('expected antialias 0, got 1');
  const policy = at.text('keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch')
    throw at.fail(`expected keep_aspect_ratio_policy "stretch", got ${show(policy)}`);
  const target = positions.map((size, k) => Math.floor(size * factors[k]));
  if (target.some((size) => size > LARGEST_IMAGE))
    throw at.fail(`expected at most ${LARGEST_IMAGE} pixels a side, got ${show(target)}`);
  const mode = at.text('mode', 'nearest');
  const isOld = at.opset < 11;
  const place = isOld ? 'asymmetric' : at.text('coordinate_transformation_mode', 'half_pixel');
  const [height, width] = factors;
  const isWhole = factors.every((factor) => Number.isInteger(factor));
  const rounds = isOld ? 'floor' : at.text('nearest_mode', 'round_prefer_floor');
  const made = () => {
    if (mode === 'nearest') {
      const isFloor = place === 'asymmetric' && rounds === 'floor';
      // If the factors are integers, rounding the positions of pixel centres gives the same pixels
      // as `isFloor`.
      const isCenter = isWhole && place.includes('half_pixel') && rounds.startsWith('round');
      if (isFloor || isCenter) return new Upsample2D({ scaleFactor: [height, width] });
    }
    if (mode === 'linear' || mode === 'bilinear') {
      const isExact = positions.every((size, k) => Number.isInteger(size * factors[k]));
      if (
        (place === 'align_corners' && isExact) ||
        place === 'half_pixel' ||
        (place === 'pytorch_half_pixel' && target.every((size) => size > 1))
      )
        // prettier-ignore
        return new Upsample2D({
          scaleFactor: [height, width],
          mode: 'bilinear',
          alignCorners: place === 'align_corners',
        });
    }
    throw at.fail(`expected nearest or linear interpolation, got ${mode}, ${place}, ${rounds}`);
  };
  if (factors.every((factor) => factor === 1)) return input;
  const { name, shape } = at.emit(made(), input);
  return at.images(name, shape, input.file[0]);
}
