import { show } from '../../../lib/errors.ts';
import { BatchNorm } from '../../../modules/batchNorm.ts';
import { GroupNorm } from '../../../modules/groupNorm.ts';
import { InstanceNorm } from '../../../modules/instanceNorm.ts';
import { LayerNorm } from '../../../modules/layerNorm.ts';
import { LocalResponseNorm } from '../../../modules/localResponseNorm.ts';
import { assign, type OneInput } from './builder.ts';
import type { Importer, ImportNode } from './node.ts';
import { isBatch, reordered, sameAtoms, shapeOf, sizeOf, type Constant } from './views.ts';

/** The importers of normalizations, in inference. */
export const NORMALIZATION: Readonly<Record<string, Importer>> = {
  async BatchNormalization(at) {
    const input = at.activation(0);
    const [training, spatial] = [at.number('training_mode', 0), at.number('spatial', 1)];
    if (training !== 0 || spatial === 0)
      throw at.fail(`expected training_mode 0 and spatial 1, got ${training} and ${spatial}`);
    if (input.file.length < 2)
      throw at.fail(`expected an input with channels, got the shape ${show(shapeOf(input.file))}`);
    const features = sizeOf(input.file[1]);
    const { value, order } = at.featuresLast(input);
    const tensors = [at.constant(1), at.constant(2), at.constant(3), at.constant(4)];
    const lists: ArrayLike<number>[] = [];
    for (const tensor of tensors) {
      const values = await vector(at, tensor, features);
      lists.push(reordered(values, [features], 0, input.file[1], order));
    }
    const [scale, shift, mean, variance] = lists;
    const affine = !isPlain(tensors[0], tensors[1], scale, shift);
    const options = { affine, eps: at.number('epsilon', 1e-5), momentum: momentum(at) };
    const key = ['BatchNorm', ...tensors.map(({ name }) => name), options, order.length];
    const box = at.build.shared(key, () => {
      const made = new BatchNorm(features, options);
      assignAffine(made, scale, shift);
      assign(made.buffers.runningMean, mean);
      assign(made.buffers.runningVar, variance);
      return made;
    });
    return at.elementwise(value, box);
  },

  async InstanceNormalization(at) {
    const input = at.activation(0);
    const { file, stored } = input;
    if (file.length < 3 || !isBatch(file[0]))
      throw at.fail(`expected images or sequences, got the shape ${show(shapeOf(file))}`);
    const [scale, shift] = [at.constant(1), at.constant(2)];
    const count = sizeOf(file[1]);
    const [gamma, beta] = [await vector(at, scale, count), await vector(at, shift, count)];
    const eps = at.number('epsilon', 1e-5);
    const affine = !isPlain(scale, shift, gamma, beta);
    // Exporters write a GroupNorm as a Reshape of groups to channels, followed by this operator.
    // The Reshape has changed only the file view, so the last axis of the tensor still has all
    // channels.
    const last = stored[stored.length - 1];
    const isGrouped =
      last.length > file[1].length && sameAtoms(last.slice(0, file[1].length), file[1]);
    if (isGrouped && !affine)
      return at.elementwise(input, new GroupNorm(count, sizeOf(last), { affine, eps }));
    const key = ['InstanceNorm', scale.name, shift.name, eps, affine];
    const box = at.build.shared(key, () => {
      const made = new InstanceNorm(count, { affine, eps });
      assignAffine(made, gamma, beta);
      return made;
    });
    return at.elementwise(at.channelsLast(input), box);
  },

  async GroupNormalization(at) {
    const input = at.activation(0);
    const channels = sizeOf(input.file[1] ?? []);
    if (!isBatch(input.file[0]))
      throw at.fail(
        `expected the batch as the first axis, got the shape ${show(shapeOf(input.file))}`,
      );
    const groups = at.number('num_groups', 1);
    const [scale, shift] = [at.constant(1), at.constant(2)];
    // Before version 21, there is one scale per group, which is repeated for each of its channels.
    const perChannel = async (tensor: Constant) => {
      const values = await tensor.values();
      const each = channels / values.length;
      return Float64Array.from({ length: channels }, (_, c) => values[Math.floor(c / each)]);
    };
    const eps = at.number('epsilon', 1e-5);
    const [gamma, beta] = [await perChannel(scale), await perChannel(shift)];
    const box = at.build.shared(['GroupNorm', scale.name, shift.name, groups, eps], () => {
      const made = new GroupNorm(groups, channels, { eps });
      assignAffine(made, gamma, beta);
      return made;
    });
    return at.elementwise(at.channelsLast(input), box);
  },

  async LayerNormalization(at) {
    const input = at.activation(0);
    const axis = at.axis(at.number('axis', -1), input.file.length);
    if (input.file.slice(axis).some((own) => own.some(({ isBatch }) => isBatch)))
      throw at.fail(`expected an axis behind the batch, got ${axis}`);
    const shape = shapeOf(input.file.slice(axis));
    const size = sizeOf(input.file.slice(axis).flat());
    const [scale, shift] = [at.constant(1), at.optional(2)];
    const gamma = await vector(at, scale, size);
    const beta = shift === undefined ? new Float32Array(size) : await vector(at, shift, size);
    const affine = !isPlain(scale, shift, gamma, beta);
    const eps = at.number('epsilon', 1e-5);
    const box = at.build.shared(['LayerNorm', scale.name, shift?.name ?? '', shape, eps], () => {
      const made = new LayerNorm(shape, { affine, eps });
      assignAffine(made, gamma, beta);
      return made;
    });
    return at.elementwise(at.batchFirst(input), box);
  },

  LRN(at) {
    const size = at.number('size', 1);
    if (size % 2 === 0) throw at.fail(`expected an odd size, got ${size}`);
    const [alpha, beta] = [at.number('alpha', 1e-4), at.number('beta', 0.75)];
    const box = new LocalResponseNorm(size, { alpha, beta, k: at.number('bias', 1) });
    return at.elementwise(at.channelsLast(at.activation(0)), box);
  },
};

/**
 * Returns boxprop's momentum, the weight of a new batch. ONNX's momentum is the weight of the old
 * statistics.
 */
function momentum(at: ImportNode): number {
  // The file has 0.9 in single precision, and 1 − 0.9 is then 0.10000002, so the result is rounded.
  return Number((1 - at.number('momentum', 0.9)).toPrecision(6));
}

async function vector(at: ImportNode, tensor: Constant, size: number) {
  const values = await tensor.values();
  if (values.length === size && !tensor.isInteger) return values;
  throw at.fail(`expected ${size} numbers, got the shape ${show([...tensor.dims])}`);
}

/**
 * Returns whether a scale of 1 and a shift of 0 only fill the inputs of the operator, and are not
 * parameters.
 */
function isPlain(
  scale: Constant,
  shift: Constant | undefined,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
): boolean {
  if (!scale.isFixed || shift?.isFixed === false) return false;
  return Array.from(gamma).every((a) => a === 1) && Array.from(beta).every((b) => b === 0);
}

function assignAffine(box: OneInput, gamma: ArrayLike<number>, beta: ArrayLike<number>): void {
  const { weight, bias } = box.params;
  if (weight !== undefined) assign(weight, gamma);
  if (bias !== undefined) assign(bias, beta);
}
