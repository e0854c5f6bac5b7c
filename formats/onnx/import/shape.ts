import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import type { PaddingMode } from '../../../lib/geometry.ts';
import { Arithmetic } from '../../../modules/arithmetic.ts';
import { Concat } from '../../../modules/concat.ts';
import { PadChannels } from '../../../modules/historic/padChannels.ts';
import { Pad2D } from '../../../modules/pad2d.ts';
import { PixelShuffle } from '../../../modules/pixelShuffle.ts';
import { Upsample2D } from '../../../modules/upsample2d.ts';
import { cellsOf } from './cells.ts';
import type { Importer, ImportNode } from './node.ts';
import {
  isBatch,
  newAxis,
  regrouped,
  shapeOf,
  sizeOf,
  transposed,
  withBatchApart,
  type Activation,
  type Atom,
  type Axes,
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
    const inputs = await Promise.all(
      at.node.inputs.map((_, i) => {
        const value = at.input(i);
        return value?.kind === 'constant' ? withBatch(at, value, i, values) : at.activation(i);
      }),
    );
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
    return { kind: 'activation', name, file, stored: withBatchApart(wanted.map((k) => file[k])) };
  },

  async Pad(at) {
    const given = at.activation(0);
    const rank = given.file.length;
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
    const mode = at.text('mode', 'constant');
    const input = cropped(at, given, pads, mode);
    if (pads.every((size) => size <= 0)) return input;
    const isPadded = (_: number, axis: number) => pads[axis] > 0 || pads[rank + axis] > 0;
    const padded = [...input.file.keys()].filter(isPadded);
    const MODES: Readonly<Record<string, PaddingMode>> = { constant: 'zeros', reflect: 'reflect', edge: 'replicate', wrap: 'circular' }; // prettier-ignore
    const known = MODES[mode];
    if (known === undefined)
      throw at.fail(
        `expected mode to be one of ${Object.keys(MODES).join(', ')}, got ${show(mode)}`,
      );
    if (padded.every((axis) => axis === 1) && pads[1] <= 0 && mode === 'constant' && value === 0) {
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
      axis === undefined ? [0, 0] : [Math.max(pads[axis], 0), Math.max(pads[rank + axis], 0)];
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

/** Cuts off cells at the ends of axes whose pads are below 0. */
function cropped(
  at: ImportNode,
  input: Activation,
  pads: readonly number[],
  mode: string,
): Activation {
  if (pads.every((size) => size >= 0)) return input;
  const rank = input.file.length;
  if (mode !== 'constant' || pads[0] < 0 || pads[rank] < 0)
    throw at.fail(
      `expected pads below 0 only in the mode constant and without the batch, got ${show([...pads])} in the mode ${show(mode)}`,
    );
  return input.file.reduce((value, own, axis) => {
    const [before, after] = [Math.max(-pads[axis], 0), Math.max(-pads[rank + axis], 0)];
    const left = sizeOf(own) - before - after;
    if (before + after === 0) return value;
    if (left < 1)
      throw at.fail(`expected pads that leave a cell of each axis, got ${show([...pads])}`);
    const cells = Array.from({ length: left }, (_, i) => before + i);
    return cellsOf(at, value, axis, cells, `${at.label}_crop`);
  }, input);
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
  const found = batchOf(target, file, elements);
  if (found === undefined) {
    throw at.fail(
      `expected a shape that keeps the batch apart, got ${show([...entries])} for ${show(shapeOf(file))}`,
    );
  }
  const { batchAt, joined, ahead } = found;
  const rest = target.map((entry, k) => (k === batchAt || entry === 'batch' ? 1 : entry));
  const known = product(rest);
  const sizes = rest.map((size, k) => (k === batchAt ? joined : size === -1 ? elements / known : size)); // prettier-ignore
  if (!sizes.every(Number.isInteger) || numElements(sizes) !== elements) {
    throw at.fail(
      `expected a shape of ${elements} elements per example, got ${show([...entries])}`,
    );
  }
  const view = regrouped(input, sizes, batchAt, ahead);
  if (view !== undefined) return { ...input, ...view, via: at.label };
  if (ahead > 1)
    throw at.fail(
      `expected a shape that keeps the batch apart, got ${show([...entries])} for ${show(shapeOf(file))}`,
    );
  const own = file.flat().filter((atom) => atom.isBatch);
  const flat = at.arranged(input, [own, file.flat().filter((atom) => !atom.isBatch)]);
  // Each axis of the reshaped tensor is a new atom.
  const parts = sizes.map(newAxis);
  const axes = parts.map((part, k) => (k === batchAt ? [...own, ...part] : part));
  const stored = [own, ...parts.filter((_, k) => k !== batchAt || joined > 1)];
  const name = at.build.reshape(at.label, flat.name, shapeOf(stored));
  return { kind: 'activation', name, file: axes, stored };
}

const product = (list: readonly Entry[]) =>
  list.reduce((all: number, entry) => (entry === 'batch' || entry === -1 ? all : all * entry), 1);

/**
 * Returns the axis of a new shape that has the batch, and the number of elements per example that
 * it joins with the batch, such as the heads in [N · heads, tokens, features]. It is usually 1. Some
 * of them may come ahead of the batch. The same number of elements must stand before the batch in
 * both shapes, because a Reshape keeps the order.
 */
function batchOf(target: readonly Entry[], file: Axes, elements: number) {
  const atoms = file.flat();
  const position = atoms.findIndex((atom) => atom.isBatch);
  const before = sizeOf(atoms.slice(0, position));
  for (const [batchAt, entry] of target.entries()) {
    const [leading, others] = [target.slice(0, batchAt), target.filter((_, k) => k !== batchAt)];
    const ahead = before / product(leading);
    if (leading.includes(-1) || !Number.isInteger(ahead) || others.includes('batch')) continue;
    const joined = others.includes(-1) || entry === 'batch' ? 1 : elements / product(others);
    const fits = others.includes(-1) ? elements % product(others) === 0 : product(others) * joined === elements; // prettier-ignore
    if (!fits || !Number.isInteger(joined / ahead)) continue;
    if (entry === 'batch' || entry === -1 || entry === joined * atoms[position].size)
      return { batchAt, joined, ahead };
  }
  return undefined;
}

/**
 * Makes a constant that a Concat joins with values of the network, such as the class token of a
 * transformer, depend on the input formally: 0 · x + c, for cells x of one of these values.
 */
async function withBatch(
  at: ImportNode,
  constant: Constant,
  i: number,
  values: readonly (Value | undefined)[],
): Promise<Activation> {
  const axis = at.axis(at.number('axis', 1), constant.dims.length);
  const like = values.find((value) => value?.kind === 'activation');
  const [batch, ...dims] = constant.dims;
  if (like?.kind !== 'activation' || like.file.length !== constant.dims.length || axis === 0)
    throw at.fail(`expected a constant that fits the other inputs, got the shape ${show([...constant.dims])}`); // prettier-ignore
  const all = await constant.values();
  const own = Array.from({ length: numElements(dims) }, (_, k) => all[k]);
  const isSame = own.every((value, k) => Array.from({ length: batch }).every((_, n) => all[n * own.length + k] === value)); // prettier-ignore
  if (!isBatch(like.file[0]) || (batch !== 1 && !(batch === like.file[0][0].size && isSame)))
    throw at.fail(
      `expected a constant that is the same for every example, got the shape ${show([...constant.dims])}`,
    );
  const cells = new Array<number>(constant.dims[axis]).fill(0);
  const value = at.batchFirst(cellsOf(at, like, axis, cells, `${at.label}_cells${i}`));
  const zero = new Arithmetic('multiply', { trainable: false, init: 0 });
  const zeros = at.elementwise(value, zero, `${at.label}_zero${i}`);
  const trainable = !constant.isFixed;
  const box = at.build.shared(['withBatch', constant.name, dims], () => {
    return new Arithmetic('add', { shape: dims, trainable, init: () => own });
  });
  if (shapeOf(zeros.stored).slice(1).join() !== dims.join())
    throw at.fail(`expected a constant that fits the other inputs, got the shape ${show([...constant.dims])}`); // prettier-ignore
  return at.elementwise(zeros, box, `${at.label}_constant${i}`);
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
  const wanted = sizesAt === undefined ? undefined : at.optional(sizesAt);
  const sizes = wanted && (await at.entries(wanted));
  const axes = (at.list('axes') ?? [0, 1, 2, 3]).map((axis) => at.axis(axis, 4));
  const own = [1, 1, 1, 1];
  axes.forEach((axis, k) => {
    const size = sizeOf(input.file[axis]);
    const target = sizes?.[k] ?? 0;
    const isWhole = target === 'batch' || (isBatch(input.file[axis]) && target === size);
    own[axis] = (scales?.length ? scales[k] : isWhole ? 1 : factorTo(size, target)) || 0;
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
  if (factors.every((factor) => factor === 1)) return input;
  if (mode === 'nearest' && !(place === 'asymmetric' && rounds === 'floor')) {
    // If the factors are integers, rounding the positions of pixel centres gives the same pixels.
    const isCenter = isWhole && place.includes('half_pixel') && rounds.startsWith('round');
    if (!isCenter) return nearestCells(at, input, factors, target, place, rounds);
  }
  const made = () => {
    if (mode === 'nearest') return new Upsample2D({ scaleFactor: [height, width] });
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
  const { name, shape } = at.emit(made(), input);
  return at.images(name, shape, input.file[0]);
}

/** Returns the factor from one size to another. `Upsample2D` rounds the product down. */
function factorTo(size: number, target: number): number {
  const factor = target / size;
  return Math.floor(size * factor) < target ? factor * (1 + 2 ** -50) : factor;
}

/** Takes the nearest cells by the rules of ONNX's Resize other than that of PyTorch. */
function nearestCells(
  at: ImportNode,
  input: Activation,
  factors: readonly number[],
  target: readonly number[],
  place: string,
  rounds: string,
): Activation {
  const positions: Readonly<Record<string, (i: number, scale: number, out: number, size: number) => number>> = {
    asymmetric: (i, scale) => i / scale,
    half_pixel: (i, scale) => (i + 0.5) / scale - 0.5,
    pytorch_half_pixel: (i, scale, out) => (out > 1 ? (i + 0.5) / scale - 0.5 : 0),
    align_corners: (i, _, out, size) => (out > 1 ? (i * (size - 1)) / (out - 1) : 0),
  }; // prettier-ignore
  const roundings: Readonly<Record<string, (x: number) => number>> = {
    floor: Math.floor,
    ceil: Math.ceil,
    round_prefer_floor: (x) => Math.ceil(x - 0.5),
    round_prefer_ceil: (x) => Math.floor(x + 0.5),
  };
  const [position, rounding] = [positions[place], roundings[rounds]];
  if (position === undefined || rounding === undefined)
    throw at.fail(`expected nearest or linear interpolation, got nearest, ${place}, ${rounds}`);
  return factors.reduce((value, scale, k) => {
    const [size, out] = [sizeOf(value.file[k + 2]), target[k]];
    const cells = Array.from({ length: out }, (_, i) =>
      Math.min(Math.max(rounding(position(i, scale, out, size)), 0), size - 1),
    );
    return cellsOf(at, value, k + 2, cells);
  }, input);
}
