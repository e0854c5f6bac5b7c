import { show } from '../../../lib/errors.ts';
import { Conv1D } from '../../../modules/conv1d.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { Conv3D } from '../../../modules/conv3d.ts';
import { ConvTranspose2D } from '../../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../../modules/depthwiseConv2d.ts';
import { Linear } from '../../../modules/linear.ts';
import { LocallyConnected1D } from '../../../modules/locallyConnected1d.ts';
import { MatMul } from '../../../modules/matMul.ts';
import { assign, once, type OneInput } from './builder.ts';
import { repeated } from './cells.ts';
import type { Importer, ImportNode } from './node.ts';
import {
  apart,
  isBatch,
  isJoined,
  newAxis,
  readTransposed,
  shapeOf,
  sizeOf,
  type Activation,
  type Constant,
} from './views.ts';
import { padded, positionsOf, symmetric, three, windowsOf } from './windows.ts';

/** The importers of convolutions and matrix products. */
export const FILTERS: Readonly<Record<string, Importer>> = {
  async Conv(at) {
    const input = at.activation(0);
    const weight = at.constant(1);
    const bias = await biasOf(at, 2, weight.dims[0]);
    const [out, groupIn, ...kernel] = weight.dims;
    const positions = positionsOf(at, input);
    const channels = sizeOf(input.file[1]);
    const groups = at.number('group', 1);
    checkKernel(at, weight, kernel.length === positions.length && groupIn * groups === channels);
    const windows = windowsOf(at, kernel, positions);
    const own = symmetric(windows);
    // A Conv1D can only pad both sides equally, so unequal padding is added before it. There is no
    // box that pads volumes.
    const isPadded = own === undefined && !windows.isSame && kernel.length !== 2;
    const images = isPadded ? padded(at, input, windows.pads) : at.channelsLast(input);
    const [rows = [0, 0], columns = [0, 0]] = windows.pads.map(
      ([before, after]) => [before, after] as const,
    );
    const sides = own === undefined ? ([rows, columns] as const) : ([own[0], own[1]] as const);
    const { stride, dilation } = windows;
    const isDepthwise = groups > 1 && groupIn === 1 && kernel.length === 2;
    const order = [...kernel.map((_, k) => k + 2), 1, 0];
    const weights = once(
      isDepthwise
        ? await readTransposed(weight, [channels, out / channels, ...kernel], [2, 3, 0, 1])
        : await readTransposed(weight, weight.dims, order),
    );
    const options = { groups, bias: bias !== undefined, init: weights };
    const pair = (list: readonly number[]): [number, number] => [list[0], list[1]];
    const box = at.build.shared<OneInput>(
      [at.node.op, weight.name, bias?.name ?? '', stride, dilation, groups, windows.pads],
      () => {
        if (kernel.length === 1) {
          return withBias(
            new Conv1D(channels, out, kernel[0], {
              ...options,
              stride: stride[0],
              dilation: dilation[0],
              padding: windows.isSame ? 'same' : (own?.[0] ?? 0),
            }),
            bias,
          );
        }
        if (kernel.length === 3) {
          const padding = windows.isSame ? ('same' as const) : three(own ?? [0, 0, 0]);
          const sizes = { stride: three(stride), dilation: three(dilation), padding };
          return withBias(new Conv3D(channels, out, three(kernel), { ...options, ...sizes }), bias);
        }
        const settings = {
          bias: options.bias,
          init: weights,
          stride: pair(stride),
          dilation: pair(dilation),
          padding: windows.isSame ? ('same' as const) : sides,
        };
        if (!isDepthwise)
          return withBias(new Conv2D(channels, out, pair(kernel), { ...settings, groups }), bias);
        const multiplier = out / channels;
        return withBias(
          new DepthwiseConv2D(channels, pair(kernel), { ...settings, multiplier }),
          bias,
        );
      },
    );
    const { name, shape } = at.emit(box, images);
    return at.images(name, shape, input.file[0]);
  },

  async ConvTranspose(at) {
    const input = at.activation(0);
    const weight = at.constant(1);
    const [inChannels, groupOut, ...kernel] = weight.dims;
    const groups = at.number('group', 1);
    const bias = await biasOf(at, 2, groupOut * groups);
    const positions = positionsOf(at, input);
    checkKernel(at, weight, kernel.length === 2 && inChannels === sizeOf(input.file[1]));
    if (positions.length !== 2) throw at.fail('expected images [N, C, H, W], got sequences');
    const extra = at.list('output_padding') ?? [0, 0];
    const target = at.list('output_shape');
    const auto = at.text('auto_pad', 'NOTSET');
    const { stride, dilation, pads } = windowsOf(at, kernel, positions);
    const axes = positions.map((size, k) => {
      const uncut = (size - 1) * stride[k] + dilation[k] * (kernel[k] - 1) + 1 + (extra[k] ?? 0);
      const isSame = auto.startsWith('SAME');
      if (target === undefined && !isSame) return { pads: pads[k], extra: extra[k] ?? 0 };
      const wanted = target?.[target.length - 2 + k] ?? size * stride[k];
      const total = Math.max(uncut - wanted, 0);
      const less = Math.floor(total / 2);
      const ends: [number, number] =
        auto === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
      return { pads: ends, extra: (extra[k] ?? 0) + Math.max(wanted - uncut, 0) };
    });
    // The box cuts off equally many cells at both ends. Cutting off fewer at the end is the same as
    // an output padding.
    const padding = axes.map(({ pads: [before] }) => before);
    const outputPadding = axes.map(({ pads: [before, after], extra }) => extra + before - after);
    if (outputPadding.some((cells) => cells < 0)) {
      throw at.fail(
        `expected pads that cut at most as much at the end as at the beginning, got ${show(axes.map((axis) => axis.pads))}`,
      );
    }
    const weights = once(await readTransposed(weight, weight.dims, [2, 3, 1, 0]));
    const pair = (list: readonly number[]): [number, number] => [list[0], list[1]];
    const box = at.build.shared(
      ['ConvTranspose', weight.name, bias?.name ?? '', stride, dilation, padding, outputPadding, groups], // prettier-ignore
      () =>
        withBias(
          new ConvTranspose2D(inChannels, groupOut * groups, pair(kernel), {
            stride: pair(stride),
            dilation: pair(dilation),
            padding: pair(padding),
            outputPadding: pair(outputPadding),
            groups,
            bias: bias !== undefined,
            init: weights,
          }),
          bias,
        ),
    );
    const { name, shape } = at.emit(box, at.channelsLast(input));
    return at.images(name, shape, input.file[0]);
  },

  async Gemm(at) {
    const input = at.activation(0);
    const weight = at.constant(1);
    if (at.number('transA', 0) !== 0)
      throw at.fail(
        `expected transA to be 0, got ${at.number('transA', 0)}, which mixes the examples of a batch`,
      );
    if (input.file.length !== 2 || weight.dims.length !== 2)
      throw at.fail(`expected matrices, got the shape ${show(shapeOf(input.file))}`);
    const isOut = at.number('transB', 0) !== 0;
    const out = weight.dims[isOut ? 0 : 1];
    const bias = await biasOf(at, 2, out);
    const factors = { alpha: at.number('alpha', 1), beta: at.number('beta', 1) };
    if (isJoined(input.file[0])) return alongAxis(at, input, weight, 1, isOut, bias, factors);
    return linear(at, input, weight, isOut, bias, factors);
  },

  async MatMul(at) {
    const left = at.input(0);
    if (left?.kind === 'constant') return fromTheLeft(at, left, at.activation(1));
    const input = at.activation(0);
    const right = at.input(1);
    if (right?.kind !== 'constant') return matMul(at, input, at.activation(1));
    if (right.dims.length === 3) return perPlace(at, input, right);
    if (right.dims.length !== 2 || input.file.length < 2)
      throw at.fail(`expected a constant matrix, got the shape ${show([...right.dims])}`);
    if (input.file.length > 2 || isJoined(input.file[0])) {
      const added = await addedBias(at, right.dims[1]);
      const made = await alongAxis(at, input, right, input.file.length - 1, false, added?.bias);
      if (added?.output !== undefined) at.values.set(added.output, made);
      return made;
    }
    const added = await addedBias(at, right.dims[1]);
    return linear(at, input, right, false, added?.bias, {}, added?.output);
  },
};

/** Returns the bias of a node and checks its size. */
async function biasOf(at: ImportNode, i: number, size: number) {
  const bias = at.optional(i);
  if (bias === undefined) return undefined;
  const values = await bias.values();
  if (values.length !== size && values.length !== 1)
    throw at.fail(`expected a bias of ${size} numbers, got the shape ${show([...bias.dims])}`);
  const full = values.length === size ? values : new Float64Array(size).fill(values[0]);
  return { name: bias.name, values: full };
}

type Bias = Awaited<ReturnType<typeof biasOf>>;

function withBias<Box extends OneInput>(box: Box, bias: Bias): Box {
  const { bias: variable } = box.params;
  if (variable !== undefined && bias !== undefined) assign(variable, bias.values);
  return box;
}

function checkKernel(at: ImportNode, { dims, isInteger }: Constant, fits: boolean): void {
  if (fits && !isInteger && dims.every((size) => size > 0)) return;
  throw at.fail(`expected weights that fit its input, got the shape ${show([...dims])}`);
}

/**
 * Adds a Linear. The columns of its weights have the order of the features in the network's tensor,
 * which may differ from that in the file.
 */
async function linear(
  at: ImportNode,
  input: Activation,
  weight: Constant,
  isOut: boolean,
  bias: Bias,
  { alpha = 1, beta = 1 }: { readonly alpha?: number; readonly beta?: number },
  output?: string,
): Promise<Activation> {
  const { value, order } = at.featuresLast(input);
  const features = sizeOf(order);
  const inAxis = isOut ? 1 : 0;
  const out = weight.dims[1 - inAxis];
  checkKernel(at, weight, weight.dims[inAxis] === features);
  const axes = apart(weight.dims, inAxis, input.file[1], order);
  // The rows are the outputs. They are the first axis, or the last one.
  const last = axes.shape.length - 1;
  const byRow = isOut ? axes.order : [last, ...axes.order.slice(0, last)];
  const rows = await readTransposed(weight, axes.shape, byRow);
  const init = once(alpha === 1 ? rows : Float64Array.from(rows, (w) => w * alpha));
  const box = at.build.shared(
    ['Linear', weight.name, bias?.name ?? '', isOut, alpha, beta, order.map(({ size }) => size), input.file[1].map((atom) => order.indexOf(atom))], // prettier-ignore
    () => new Linear(features, out, { bias: bias !== undefined, init }),
  );
  if (bias && box.params.bias) {
    const scaled = beta === 1 ? bias.values : Float64Array.from(bias.values, (b) => b * beta);
    assign(box.params.bias, scaled);
  }
  const { name } = at.emit(box, value);
  const made = [input.file[0], newAxis(out)];
  const result: Activation = { kind: 'activation', name, file: made, stored: made };
  if (output !== undefined) at.values.set(output, result);
  return result;
}

/**
 * If this node's output is used only by an Add of a bias, marks the Add as imported and returns the
 * bias.
 */
async function addedBias(at: ImportNode, out: number) {
  const own = at.node.outputs[0];
  const user = at.values.onlyUser(own);
  if (user?.op !== 'Add' || user.inputs.length !== 2) return undefined;
  const other = at.values.of(user.inputs[user.inputs[0] === own ? 1 : 0]);
  if (other?.kind !== 'constant' || other.isInteger || other.dims.at(-1) !== out) return undefined;
  const values = await other.values();
  if (values.length !== out) return undefined;
  at.values.take(user);
  return { bias: { name: other.name, values }, output: user.outputs[0] };
}

/**
 * Multiplies the vectors along one axis of a sequence or of images by a matrix: a convolution with
 * a kernel of one cell.
 */
async function alongAxis(
  at: ImportNode,
  input: Activation,
  matrix: Constant,
  axis: number,
  isOut: boolean,
  bias?: Bias,
  { alpha = 1, beta = 1 }: { readonly alpha?: number; readonly beta?: number } = {},
): Promise<Activation> {
  const [batch, others] = [true, false].map((isBatch) =>
    input.file
      .filter((_, k) => k !== axis)
      .flat()
      .filter((atom) => atom.isBatch === isBatch),
  );
  const [features, out] = isOut ? [matrix.dims[1], matrix.dims[0]] : matrix.dims;
  checkKernel(at, matrix, features === sizeOf(input.file[axis]));
  const value = at.arranged(input, [batch, others, input.file[axis]]);
  const own = await readTransposed(matrix, matrix.dims, isOut ? [1, 0] : [0, 1]);
  const box = at.build.shared(['alongAxis', matrix.name, bias?.name ?? '', at.label], () => {
    const init = once(alpha === 1 ? own : Float64Array.from(own, (w) => w * alpha));
    const made = new Conv1D(features, out, 1, { bias: bias !== undefined, init });
    return withBias(made, bias && { ...bias, values: Float64Array.from(bias.values, (b) => b * beta) }); // prettier-ignore
  });
  const { name } = at.emit(box, value);
  const made = newAxis(out);
  return {
    kind: 'activation',
    name,
    file: input.file.map((old, k) => (k === axis ? made : old)),
    stored: [batch, others, made],
  };
}

/**
 * Computes A X for a constant matrix A: multiplies the vectors along the axis before the last one.
 */
async function fromTheLeft(at: ImportNode, matrix: Constant, input: Activation) {
  const rank = input.file.length;
  if (matrix.dims.length !== 2 || rank < 3)
    throw at.fail(`expected a constant matrix, got the shape ${show([...matrix.dims])}`);
  return alongAxis(at, input, matrix, rank - 2, true);
}

/** Multiplies two matrices that the network computes. An outer axis of size 1 is repeated. */
function matMul(at: ImportNode, left: Activation, right: Activation): Activation {
  const rank = left.file.length;
  if (rank < 3 || right.file.length !== rank)
    throw at.fail(
      `expected matrices of each example, [N, ..., M, K] and [N, ..., K, P], got ${show(shapeOf(left.file))} and ${show(shapeOf(right.file))}`,
    );
  const alike = (value: Activation, other: Activation, label: string) =>
    value.file.reduce((own, axis, k) => {
      const size = sizeOf(other.file[k]);
      if (k >= rank - 2 || axis.length > 0 || size === 1) return own;
      return repeated(at, own, k, size, `${at.label}_${label}`);
    }, value);
  const [a, b] = [
    at.batchFirst(alike(left, right, 'left')),
    at.batchFirst(alike(right, left, 'right')),
  ];
  const { name } = at.build.emitMerge(at.label, new MatMul(), [a.name, b.name]);
  const [rows, columns] = [a.file[rank - 2], b.file[rank - 1]];
  // If both matrices come from one value, rows and columns must not have the same atoms.
  const own = columns.map(({ size, isBatch }) => ({ size, isBatch }));
  const file = [...a.file.slice(0, -2), rows, own];
  return { kind: 'activation', name, file, stored: [...a.stored.slice(0, -2), rows, own] };
}

/** Multiplies the vectors at each place by a matrix of its own: [P, N, K] times [P, K, F]. */
async function perPlace(at: ImportNode, input: Activation, matrices: Constant) {
  const [places, features, out] = matrices.dims;
  const { file } = input;
  if (file.length !== 3 || !isBatch(file[1]) || sizeOf(file[0]) !== places)
    throw at.fail(`expected a constant matrix, got the shape ${show([...matrices.dims])}`);
  checkKernel(at, matrices, sizeOf(file[2]) === features);
  const value = at.arranged(input, [file[1], file[0], file[2]]);
  const init = once(await readTransposed(matrices, matrices.dims, [0, 1, 2]));
  const box = at.build.shared(
    ['perPlace', matrices.name],
    () => new LocallyConnected1D(places, features, out, 1, { bias: false, init }),
  );
  const { name } = at.emit(box, value);
  const made = newAxis(out);
  return { kind: 'activation' as const, name, file: [file[0], file[1], made], stored: [file[1], file[0], made] }; // prettier-ignore
}
