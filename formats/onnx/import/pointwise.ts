import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import { Arithmetic } from '../../../modules/arithmetic.ts';
import { Dropout } from '../../../modules/dropout.ts';
import { ELU } from '../../../modules/elu.ts';
import { GELU } from '../../../modules/gelu.ts';
import { HardSigmoid } from '../../../modules/hardSigmoid.ts';
import { HardSwish } from '../../../modules/hardSwish.ts';
import { HardTanh } from '../../../modules/hardTanh.ts';
import { Abs } from '../../../modules/historic/abs.ts';
import { ScaledTanh } from '../../../modules/historic/scaledTanh.ts';
import { LeakyReLU } from '../../../modules/leakyRelu.ts';
import { LogSoftmax } from '../../../modules/logSoftmax.ts';
import { PReLU } from '../../../modules/prelu.ts';
import { Product } from '../../../modules/product.ts';
import { ReLU } from '../../../modules/relu.ts';
import { ReLU6 } from '../../../modules/relu6.ts';
import { SELU } from '../../../modules/selu.ts';
import { Sigmoid } from '../../../modules/sigmoid.ts';
import { SiLU } from '../../../modules/silu.ts';
import { Softmax } from '../../../modules/softmax.ts';
import { Softplus } from '../../../modules/softplus.ts';
import { Tanh } from '../../../modules/tanh.ts';
import type { OneInput } from './builder.ts';
import { combined } from './fold.ts';
import type { Importer, ImportNode } from './node.ts';
import { sizeOf, type Activation } from './views.ts';

const simple =
  (make: (at: ImportNode) => OneInput): Importer =>
  (at) =>
    at.elementwise(at.activation(0), make(at));

/** The same, but of a constant the values are computed. */
const simpleOrFolded =
  (make: (at: ImportNode) => OneInput, f: (x: number) => number): Importer =>
  async (at) => {
    const value = at.input(0);
    if (value?.kind !== 'constant') return at.elementwise(at.activation(0), make(at));
    const { entries, dims } = await combined(at, [value], ([x]) => (x === 'batch' ? x : f(x)));
    return { ...at.list1(entries, dims), isInteger: value.isInteger, isFixed: value.isFixed };
  };

/** The importers of operators that work element by element or along one axis. */
export const POINTWISE: Readonly<Record<string, Importer>> = {
  Relu: simple(() => new ReLU()),
  Sigmoid: simple(() => new Sigmoid()),
  Tanh: simple(() => new Tanh()),
  Abs: simple(() => new Abs()),
  HardSwish: simple(() => new HardSwish()),
  Swish: simple((at) => {
    if (at.number('alpha', 1) === 1) return new SiLU();
    throw at.fail(`expected alpha 1, got ${at.number('alpha', 1)}`);
  }),
  LeakyRelu: simple((at) => new LeakyReLU({ negativeSlope: at.number('alpha', 0.01) })),
  // max(0, x) + min(0, α (exp(x/α) − 1)) is α ELU(x/α).
  Celu(at) {
    const [input, alpha] = [at.activation(0), at.number('alpha', 1)];
    if (alpha === 1) return at.elementwise(input, new ELU());
    const inside = at.elementwise(input, fixed('multiply', 1 / alpha), `${at.label}_in`);
    const bent = at.elementwise(inside, new ELU(), `${at.label}_elu`);
    return at.elementwise(bent, fixed('multiply', alpha));
  },
  Elu: simple((at) => new ELU({ alpha: at.number('alpha', 1) })),
  // ONNX's Softplus has no threshold. Above 40, log(1 + exp(x)) is x even in double precision.
  Softplus: simple(() => new Softplus({ threshold: 40 })),
  Gelu: simple((at) => new GELU({ approximate: approximation(at) })),
  Neg: simpleOrFolded(
    () => new Arithmetic('multiply', { trainable: false, init: -1 }),
    (x) => -x,
  ),
  Sqrt: simpleOrFolded(() => new Arithmetic('power', { init: 0.5 }), Math.sqrt),
  Reciprocal: simpleOrFolded(
    () => new Arithmetic('divideInto', { trainable: false, init: 1 }),
    (x) => 1 / x,
  ),
  // `fuse` writes this operator and the next for patterns of several operators.
  ScaledTanh: simple(
    (at) => new ScaledTanh({ amplitude: at.number('amplitude', 1), slope: at.number('slope', 1) }),
  ),
  ScaledSoftplus: simple(
    (at) => new Softplus({ beta: at.number('beta', 1), threshold: at.number('threshold', 20) }),
  ),

  Selu: simple((at) => {
    const given = [at.number('alpha', SELU.alpha), at.number('gamma', SELU.lambda)];
    if (isNear(given[0], SELU.alpha, 1e-4) && isNear(given[1], SELU.lambda, 1e-4))
      return new SELU();
    throw at.fail(
      `expected alpha ${SELU.alpha} and gamma ${SELU.lambda}, those of SELU, got ${given.join(' and ')}`,
    );
  }),

  HardSigmoid(at) {
    const [alpha, beta] = [at.number('alpha', 0.2), at.number('beta', 0.5)];
    const input = at.activation(0);
    if (isNear(alpha, 1 / 6, 1e-6) && beta === 0.5) return at.elementwise(input, new HardSigmoid());
    const scaled = at.elementwise(input, fixed('multiply', alpha), `${at.label}_scale`);
    const shifted = at.elementwise(scaled, fixed('add', beta), `${at.label}_shift`);
    return at.elementwise(shifted, new HardTanh({ minValue: 0, maxValue: 1 }));
  },

  async Clip(at) {
    const input = at.activation(0);
    const bound = async (i: number, name: string) =>
      at.has(name) ? at.number(name, 0) : at.single(i);
    const [min, max] = [await bound(1, 'min'), await bound(2, 'max')];
    const isOpen = (limit: number | undefined) => limit === undefined || Math.abs(limit) > 3.4e38;
    if (isOpen(max)) {
      if (isOpen(min)) return input;
      if (min === 0) return at.elementwise(input, new ReLU());
      return at.elementwise(input, new Arithmetic('max', { init: min ?? 0 }));
    }
    if (isOpen(min)) return at.elementwise(input, new Arithmetic('min', { init: max ?? 0 }));
    if (min === 0 && max === 6) return at.elementwise(input, new ReLU6());
    return at.elementwise(input, new HardTanh({ minValue: min ?? 0, maxValue: max ?? 0 }));
  },

  async PRelu(at) {
    const input = at.activation(0);
    const slope = at.constant(1);
    const rank = input.file.length;
    // Before version 7, a list of slopes has one slope per channel, and not one per index of the
    // last axis.
    const isOld = at.opset < 7 && slope.dims.length === 1;
    const own = isOld ? [...slope.dims, ...new Array<number>(rank - 2).fill(1)] : slope.dims;
    const dims = aligned(at, own, rank);
    const wide = dims.flatMap((size, axis) => (size === 1 ? [] : [axis]));
    if (wide.length > 1 || wide[0] === 0)
      throw at.fail(
        `expected one slope, or one per channel, got the shape ${show([...slope.dims])}`,
      );
    const values = await slope.values();
    const made = (count: number, init: () => ArrayLike<number>) =>
      at.build.shared(['PRelu', slope.name, count], () => new PReLU(count, { init }));
    if (wide.length === 0)
      return at.elementwise(
        input,
        made(1, () => values),
      );
    if (dims[wide[0]] !== sizeOf(input.file[wide[0]]))
      throw at.fail(`expected a slope per channel, got the shape ${show([...slope.dims])}`);
    const { value, order } = at.featuresLast(input, wide[0]);
    if (order !== input.file[wide[0]])
      return at.elementwise(
        at.asInFile(input),
        made(values.length, () => values),
      );
    return at.elementwise(
      value,
      made(values.length, () => values),
    );
  },

  async Dropout(at) {
    const input = at.activation(0);
    const ratio = at.has('ratio') ? at.number('ratio', 0.5) : ((await at.single(1)) ?? 0.5);
    if ((at.node.outputs[1] ?? '') !== '' && at.values.isUsed(at.node.outputs[1]))
      throw at.fail('expected one output, got two: the mask is not supported');
    const training = at.optional(2);
    if (training !== undefined && (await training.values())[0])
      throw at.fail('expected training_mode to be false, got true');
    if (ratio === 0) return input;
    return at.elementwise(input, new Dropout({ p: ratio }));
  },

  Softmax: (at) => alongAxis(at, new Softmax()),
  LogSoftmax: (at) => alongAxis(at, new LogSoftmax()),

  Mish(at) {
    const input = at.activation(0);
    const { label } = at;
    const soft = at.elementwise(input, new Softplus({ threshold: 40 }), `${label}_softplus`);
    const gate = at.elementwise(soft, new Tanh(), `${label}_tanh`);
    const { name } = at.build.emitMerge(label, new Product(), [input.name, gate.name]);
    return { ...input, name };
  },

  Softsign(at) {
    const input = at.activation(0);
    const { label } = at;
    const size = at.elementwise(input, new Abs(), `${label}_abs`);
    const below = at.elementwise(size, fixed('add', 1), `${label}_add`);
    const over = at.elementwise(below, fixed('divideInto', 1), `${label}_divide`);
    const { name } = at.build.emitMerge(label, new Product(), [input.name, over.name]);
    return { ...input, name };
  },
};

function fixed(operation: 'add' | 'multiply' | 'divideInto', value: number): Arithmetic {
  return new Arithmetic(operation, { trainable: false, init: value });
}

function approximation(at: ImportNode): 'none' | 'tanh' {
  const text = at.text('approximate', 'none');
  if (text === 'none' || text === 'tanh') return text;
  throw at.fail(`expected approximate to be none or tanh, got ${show(text)}`);
}

/** Returns whether a value differs from `other` by at most `share` times `other`. */
export function isNear(value: number, other: number, share = 1e-6): boolean {
  return Math.abs(value - other) <= share * Math.abs(other);
}

/**
 * Puts axes of size 1 in front of a constant's dims, so that they have as many axes as the value.
 */
export function aligned(at: ImportNode, dims: readonly number[], rank: number): readonly number[] {
  const short = rank - dims.length;
  if (short >= 0) return [...new Array<number>(short).fill(1), ...dims];
  if (numElements(dims) === 1) return new Array<number>(rank).fill(1);
  throw at.fail(`expected a constant of at most ${rank} axes, got the shape ${show([...dims])}`);
}

/**
 * Adds a Softmax or LogSoftmax along one axis. Before version 13, it is along all axes from the
 * given one on together.
 */
function alongAxis(at: ImportNode, box: OneInput): Activation {
  const input = at.activation(0);
  const { file, stored } = input;
  const isOld = at.opset < 13;
  const axis = at.axis(at.number('axis', isOld ? 1 : -1), file.length);
  if (axis === 0) throw at.fail('expected an axis other than the batch, got 0');
  const along = isOld ? file.slice(axis).flat() : [...file[axis]];
  const last = stored[stored.length - 1];
  // The order of the elements along the axis does not matter to a softmax.
  const isThere = last.length === along.length && along.every((atom) => last.includes(atom));
  if (isThere && stored.length > 1) return at.elementwise(input, box);
  const order = stored.flat().filter((atom) => along.includes(atom));
  const others = isOld ? file.slice(0, axis) : file.filter((_, k) => k !== axis);
  return at.elementwise(at.arranged(input, [...others, order]), box);
}
