import { show } from '../../../lib/errors.ts';
import { axisGeometry } from '../../../lib/geometry.ts';
import { Arithmetic } from '../../../modules/arithmetic.ts';
import { AvgPool1D } from '../../../modules/avgPool1d.ts';
import { AvgPool2D } from '../../../modules/avgPool2d.ts';
import { AvgPool3D } from '../../../modules/avgPool3d.ts';
import { GlobalAvgPool2D } from '../../../modules/globalAvgPool2d.ts';
import { GlobalMaxPool2D } from '../../../modules/globalMaxPool2d.ts';
import { Abs } from '../../../modules/historic/abs.ts';
import { LPPool2D } from '../../../modules/lpPool2d.ts';
import { MaxPool1D } from '../../../modules/maxPool1d.ts';
import { MaxPool2D } from '../../../modules/maxPool2d.ts';
import { MaxPool3D } from '../../../modules/maxPool3d.ts';
import { MaxUnpool2D } from '../../../modules/maxUnpool2d.ts';
import type { Importer, ImportNode } from './node.ts';
import { isBatch, sizeOf, type Activation, type Atom } from './views.ts';
import { padded, positionsOf, symmetric, three, windowsOf, type Windows } from './windows.ts';

/** The lowest finite number of single precision. */
const LOWEST = -3.4028234663852886e38;

/** The importers of the pools and of reductions. */
export const POOLS: Readonly<Record<string, Importer>> = {
  MaxPool(at) {
    const input = at.activation(0);
    const indices = at.node.outputs[1] ?? '';
    const isUnpooled = at.values.onlyUser(indices)?.op === 'MaxUnpool';
    if (indices !== '' && at.values.isUsed(indices) && !isUnpooled)
      throw at.fail('expected indices of the maxima that only a MaxUnpool uses, got other uses');
    if (isUnpooled && !at.values.isUsed(at.node.outputs[0])) return [];
    const windows = poolWindows(at, input);
    const isCeiled = isOwnCeilMode(windows, positionsOf(at, input));
    const half = isCeiled ? windows.pads.map(([before]) => before) : symmetric(windows);
    const isHalf = half?.every((cells, k) => 2 * cells <= windows.kernel[k]) ?? false;
    const ceilMode = isCeiled || at.number('ceil_mode', 0) !== 0;
    const isOwn = windows.isSame || isHalf;
    const rank = windows.kernel.length;
    // The box supports padding up to half its kernel. Other padding is added before it, as a border
    // of the lowest number.
    const pads = isOwn ? [] : endsOf(windows, positionsOf(at, input), ceilMode);
    const value = isOwn ? at.channelsLast(input) : padded(at, input, pads, LOWEST);
    const padding = windows.isSame ? 'same' : isHalf ? half : undefined;
    const options = { ceilMode: isOwn && ceilMode };
    const { kernel, stride, dilation } = windows;
    if (rank !== 2 && dilation.some((cells) => cells > 1))
      throw at.fail(`expected dilations of 1 except for images, got ${show([...dilation])}`);
    const box =
      rank === 1
        ? new MaxPool1D(kernel[0], { ...options, stride: stride[0], padding: one(padding) })
        : rank === 3
          ? new MaxPool3D(three(kernel), {
              ...options,
              stride: three(stride),
              padding: allThree(padding),
            })
          : new MaxPool2D([kernel[0], kernel[1]], {
              ...options,
              stride: [stride[0], stride[1]],
              dilation: [dilation[0], dilation[1]],
              padding: two(padding),
            });
    const { name, shape } = at.emit(box, value);
    return at.images(name, shape, input.file[0]);
  },

  AveragePool(at) {
    const input = at.activation(0);
    const windows = poolWindows(at, input);
    if (windows.dilation.some((cells) => cells !== 1))
      throw at.fail(`expected dilations of 1, got ${show([...windows.dilation])}`);
    const half = symmetric(windows);
    const isHalf = half?.every((cells, k) => 2 * cells <= windows.kernel[k]) ?? false;
    const countIncludePad = at.number('count_include_pad', 0) !== 0;
    const ceilMode = at.number('ceil_mode', 0) !== 0;
    const isOwn = windows.isSame || isHalf;
    if (isOwn) {
      const padding = windows.isSame ? 'same' : half;
      return averaged(at, at.channelsLast(input), windows, { padding, ceilMode, countIncludePad });
    }
    const positions = positionsOf(at, input);
    if (isOwnCeilMode(windows, positions)) {
      const padding = windows.pads.map(([before]) => before);
      const options = { padding, ceilMode: true, countIncludePad };
      const means = averaged(at, at.channelsLast(input), windows, options);
      if (!countIncludePad) return means;
      // The box does not count the cells beyond its padding, but the operator does.
      const counted = windows.pads.map(([before], k) => {
        const [kernel, end] = [windows.kernel[k], 2 * before + positions[k]];
        return Array.from({ length: sizeOf(means.file[k + 2]) }, (_, i) => {
          const from = i * windows.stride[k];
          return (Math.min(from + kernel, end) - from) / kernel;
        });
      });
      return scaledBy(at, means, counted);
    }
    const pads = endsOf(windows, positions, ceilMode);
    const means = averaged(at, padded(at, input, pads), windows, { padding: undefined });
    // `means` divides by the number of all cells of a window. The factors change this to the number
    // of cells that count.
    const factors = pads.map(([before, after], k) => {
      const cells = before + positions[k] + after;
      const [first, end] = countIncludePad
        ? [0, before + positions[k] + windows.pads[k][1]]
        : [before, before + positions[k]];
      const count = Math.floor((cells - windows.kernel[k]) / windows.stride[k]) + 1;
      return Array.from({ length: count }, (_, i) => {
        const from = i * windows.stride[k];
        const to = Math.min(from + windows.kernel[k], end);
        return windows.kernel[k] / Math.max(to - Math.max(from, first), 1);
      });
    });
    return scaledBy(at, means, factors);
  },

  // The box finds the winners in the input of the pool that made the indices.
  async MaxUnpool(at) {
    const pool = at.maker(1);
    if (pool?.node.op !== 'MaxPool')
      throw at.fail('expected indices that a MaxPool makes, got others');
    const [small, large] = [at.activation(0), pool.activation(0)];
    const sizes = positionsOf(at, large);
    const windows = poolWindows(pool, large);
    const [own] = [poolWindows(at, large)];
    if (sizes.length !== 2 || show([own.kernel, own.stride, own.pads]) !== show([windows.kernel, windows.stride, windows.pads])) // prettier-ignore
      throw at.fail(`expected the windows of its MaxPool over images, got ${show([own.kernel, own.stride, own.pads])}`); // prettier-ignore
    const shape = at.optional(2);
    const entries = shape && (await at.entries(shape));
    const natural = sizes.map((_, k) => {
      const { kernel, stride, pads } = windows;
      return (
        (sizeOf(small.file[k + 2] ?? []) - 1) * stride[k] + kernel[k] - pads[k][0] - pads[k][1]
      );
    });
    const target = entries === undefined ? natural : entries.slice(2);
    if (target.join() !== sizes.join() || windows.dilation.some((cells) => cells > 1))
      throw at.fail(`expected an output of the size of the pool's input, ${show(sizes)}, got ${show(target)}`); // prettier-ignore
    const same = sizes.map((size, k) => axisGeometry(size, windows.kernel[k], windows.stride[k], 1, 'same')); // prettier-ignore
    const isSame = same.every(({ before, after }, k) => show([before, after]) === show(windows.pads[k])); // prettier-ignore
    const padding = symmetric(windows) ?? (isSame ? 'same' : undefined);
    if (padding === undefined)
      throw at.fail(`expected the same pads on both sides, got ${show(windows.pads)}`);
    const { kernel, stride } = windows;
    const options = { stride: [stride[0], stride[1]], padding: two(padding) } as const;
    const box = new MaxUnpool2D([kernel[0], kernel[1]], options);
    const names = [small, large].map((value) => at.channelsLast(value).name);
    const { name, shape: made } = at.build.emitMerge(at.label, box, names);
    return at.images(name, made, small.file[0]);
  },

  // (Σ |x|^p)^(1/p) over each window.
  LpPool(at) {
    const windows = poolWindows(at, at.activation(0));
    const p = at.number('p', 2);
    if (
      windows.kernel.length !== 2 ||
      at.number('ceil_mode', 0) !== 0 ||
      windows.dilation.some((cells) => cells > 1)
    )
      // prettier-ignore
      throw at.fail('expected images, ceil_mode 0 and dilations of 1, got others');
    const value = padded(at, at.activation(0), windows.pads);
    // An even power has no sign.
    const positive = p % 2 === 0 ? value : at.elementwise(value, new Abs(), `${at.label}_abs`);
    return lpPooled(at, positive, windows, p, false);
  },

  // `fuse` writes this operator for the formula of boxprop's export.
  SignedLpPool(at) {
    const input = at.channelsLast(at.activation(0));
    const windows = poolWindows(at, input);
    return lpPooled(at, input, windows, at.number('p', 2), isOwnCeilMode(windows, positionsOf(at, input))); // prettier-ignore
  },

  GlobalAveragePool: (at) => globalPool(at, new GlobalAvgPool2D()),
  GlobalMaxPool: (at) => globalPool(at, new GlobalMaxPool2D()),

  ReduceMean: (at) => reduce(at, 'mean'),
  ReduceSum: (at) => reduce(at, 'sum'),
  ReduceMax: (at) => reduce(at, 'max'),
  ReduceSumSquare: (at) => reduce(at, 'sum', 2),
  ReduceL2: (at) => reduce(at, 'sum', 2, 0.5),
};

/** Multiplies images, sequences or volumes by one factor per index of each axis of positions. */
function scaledBy(at: ImportNode, means: Activation, factors: readonly (readonly number[])[]) {
  if (factors.flat().every((factor) => factor === 1)) return means;
  const products = factors.reduce<readonly number[]>(
    (all, own) => all.flatMap((a) => own.map((b) => a * b)),
    [1],
  );
  const shape = [...factors.map(({ length }) => length), 1];
  const scale = new Arithmetic('multiply', { shape, trainable: false, init: () => products });
  return at.elementwise(means, scale, `${at.label}_count`);
}

/** Returns whether pads that differ are those with which `toOnnx` writes `ceilMode`. */
function isOwnCeilMode(
  { kernel, stride, dilation, pads, isSame }: Windows,
  sizes: readonly number[],
) {
  if (isSame || pads.every(([before, after]) => before === after)) return false;
  return pads.every(([before, after], k) => {
    if (2 * before > kernel[k] || sizes[k] + before + after < dilation[k] * (kernel[k] - 1) + 1)
      return false;
    const axis = axisGeometry(sizes[k], kernel[k], stride[k], dilation[k], before, true);
    return axis.after === after;
  });
}

function lpPooled(
  at: ImportNode,
  value: Activation,
  { kernel, stride }: Windows,
  p: number,
  ceilMode: boolean,
): Activation {
  const box = new LPPool2D(p, [kernel[0], kernel[1]], { stride: [stride[0], stride[1]], ceilMode });
  const { name, shape } = at.emit(box, value);
  return at.images(name, shape, value.file[0]);
}

const one = (padding: readonly number[] | 'same' | undefined) =>
  padding === 'same' ? padding : (padding?.[0] ?? 0);

const two = (padding: readonly number[] | 'same' | undefined) =>
  padding === 'same' ? padding : ([padding?.[0] ?? 0, padding?.[1] ?? 0] as const);

const allThree = (padding: readonly number[] | 'same' | undefined) =>
  padding === 'same' ? padding : three(padding ?? [0, 0, 0]);

function poolWindows(at: ImportNode, input: Activation): Windows {
  const kernel = at.list('kernel_shape');
  if (kernel === undefined) throw at.fail('expected the attribute kernel_shape, got none');
  return windowsOf(at, kernel, positionsOf(at, input));
}

/**
 * Returns the pads of each axis. With `ceilMode`, those at the end also include the cells that the
 * last window needs beyond the padding. As in onnxruntime, a window that would start in the padding
 * at the end is left out.
 */
function endsOf(windows: Windows, positions: readonly number[], ceilMode: boolean) {
  return windows.pads.map(([before, after], k): [number, number] => {
    if (!ceilMode) return [before, after];
    const reach = windows.dilation[k] * (windows.kernel[k] - 1) + 1;
    const [size, stride] = [positions[k], windows.stride[k]];
    let count = Math.ceil((before + size + after - reach) / stride) + 1;
    if ((count - 1) * stride >= before + size) count--;
    return [before, Math.max((count - 1) * stride + reach - before - size, 0)];
  });
}

function averaged(
  at: ImportNode,
  value: Activation,
  { kernel, stride }: Windows,
  {
    padding,
    ...options
  }: {
    readonly padding: readonly number[] | 'same' | undefined;
    readonly ceilMode?: boolean;
    readonly countIncludePad?: boolean;
  },
): Activation {
  const box =
    kernel.length === 1
      ? new AvgPool1D(kernel[0], { ...options, stride: stride[0], padding: one(padding) })
      : kernel.length === 3
        ? new AvgPool3D(three(kernel), {
            ...options,
            stride: three(stride),
            padding: allThree(padding),
          })
        : new AvgPool2D([kernel[0], kernel[1]], {
            ...options,
            stride: [stride[0], stride[1]],
            padding: two(padding),
          });
  const { name, shape } = at.emit(box, value);
  return at.images(name, shape, value.file[0]);
}

function globalPool(at: ImportNode, box: GlobalAvgPool2D | GlobalMaxPool2D): Activation {
  const input = at.activation(0);
  const rank = input.file.length;
  if (rank < 3) throw at.fail(`expected images or sequences, got an input of ${rank} axes`);
  return pooled(
    at,
    input,
    Array.from({ length: rank - 2 }, (_, k) => k + 2),
    box,
    true,
  );
}

/**
 * Pools over any axes. The value is rearranged to images, in which these axes are the rows and all
 * other axes are the channels.
 */
function pooled(
  at: ImportNode,
  input: Activation,
  axes: readonly number[],
  box: GlobalAvgPool2D | GlobalMaxPool2D,
  keeps: boolean,
): Activation {
  const { file } = input;
  if (axes.some((axis) => isBatch(file[axis])))
    throw at.fail('expected axes without the batch, got it among them');
  const over: readonly (readonly Atom[])[] = axes.map((axis) => file[axis]);
  const [batch] = input.stored;
  // The order of the rows and that of the channels do not matter, so both are taken from the
  // network's tensor.
  const own = input.stored.slice(1);
  const isOver = (atom: Atom) => over.some((axis) => axis.includes(atom));
  const rest = own.flat().filter((atom) => !isOver(atom));
  const isImage = own.length === 3 && own.slice(0, 2).flat().every(isOver) && !own[2].some(isOver);
  const rows = own.flat().filter(isOver);
  const wanted = isImage ? input.stored : [batch, rows, [], rest];
  const { name } = at.emit(box, at.arranged(input, wanted));
  const left = keeps
    ? file.map((axis, k) => (axes.includes(k) ? [] : axis))
    : file.filter((_, k) => !axes.includes(k));
  return { kind: 'activation', name, file: left, stored: [batch, rest] };
}

/** Reduces some axes. Their list is an input, or in older versions of the operator an attribute. */
async function reduce(
  at: ImportNode,
  kind: 'mean' | 'sum' | 'max',
  power = 1,
  root = 1,
): Promise<Activation> {
  let input = at.activation(0);
  const rank = input.file.length;
  const given = await at.integers(1, 'axes');
  const all = at.number('noop_with_empty_axes', 0) === 0;
  if ((given === undefined || given.length === 0) && !all) return input;
  const listed = given?.length ? given : Array.from({ length: rank }, (_, k) => k);
  const axes = listed.map((axis) => at.axis(axis, rank));
  const keeps = at.number('keepdims', 1) !== 0;
  if (axes.some((axis) => isBatch(input.file[axis])))
    throw at.fail('expected axes without the batch, got all examples of a batch');
  const { label } = at;
  const raised = (value: Activation, init: number) =>
    at.elementwise(value, new Arithmetic('power', { init }), `${label}_power`);
  if (power !== 1) input = raised(input, power);
  const count = axes.reduce((product, axis) => product * sizeOf(input.file[axis]), 1);
  const box = kind === 'max' ? new GlobalMaxPool2D() : new GlobalAvgPool2D();
  let output = pooled(at, input, axes, box, keeps);
  if (kind === 'sum' && count > 1) {
    const scale = new Arithmetic('multiply', { trainable: false, init: count });
    output = at.elementwise(output, scale, `${label}_sum`);
  }
  return root === 1 ? output : raised(output, root);
}
