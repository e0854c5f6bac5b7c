import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import { Arithmetic, type ArithmeticOperation } from '../../../modules/arithmetic.ts';
import { Affine } from '../../../modules/historic/affine.ts';
import { LogSoftmax } from '../../../modules/logSoftmax.ts';
import { Max } from '../../../modules/max.ts';
import { Product } from '../../../modules/product.ts';
import { Sum } from '../../../modules/sum.ts';
import { assign, type ManyInputs } from './builder.ts';
import { cellsOf, repeated } from './cells.ts';
import { folded } from './fold.ts';
import type { Importer, ImportNode } from './node.ts';
import { aligned } from './pointwise.ts';
import {
  isBatch,
  reordered,
  sameAtoms,
  shapeOf,
  sizeOf,
  transposed,
  withBatchApart,
  type Activation,
  type Axes,
  type Constant,
} from './views.ts';

/** The importers of operators that combine two or more values. */
export const ARITHMETIC: Readonly<Record<string, Importer>> = {
  Add: (at) => binary(at, 'add', 'add', (a, b) => merged(at, new Sum(), [a, b])),
  Mul: (at) => binary(at, 'multiply', 'multiply', (a, b) => product(at, [a, b])),
  Sub: (at) =>
    binary(at, 'subtract', 'subtractFrom', (a, b) => merged(at, new Sum(), [a, scaled(at, b, -1)])),
  Div: (at) =>
    binary(at, 'divide', 'divideInto', (a, b) => {
      const over = new Arithmetic('divideInto', { trainable: false, init: 1 });
      return product(at, [a, at.elementwise(b, over, `${at.label}_over`)]);
    }),
  async Pow(at) {
    const input = at.activation(0);
    const exponent = (await at.single(1)) ?? 1;
    if (exponent === 1) return input;
    return at.elementwise(input, new Arithmetic('power', { init: exponent }));
  },
  Sum: (at) => (at.node.inputs.length === 1 ? at.activation(0) : merged(at, new Sum(), all(at))),
  Mean(at) {
    const inputs = all(at);
    if (inputs.length === 1) return inputs[0];
    const sum = merged(at, new Sum(), inputs, { label: `${at.label}_sum` });
    return scaled(at, sum, 1 / inputs.length, at.label);
  },
  Max: (at) => extremum(at, 'max'),
  Min: (at) => extremum(at, 'min'),
  // log Σ exp(x_i) = x_0 − logsoftmax(x)_0, in which no exponential overflows.
  async ReduceLogSumExp(at) {
    const input = at.activation(0);
    const rank = input.file.length;
    const given = await at.integers(1, 'axes');
    const axes = (given ?? [...input.file.keys()]).map((axis) => at.axis(axis, rank));
    if (axes.length === 0 || axes.some((axis) => input.file[axis].some(({ isBatch: own }) => own)))
      throw at.fail(`expected axes without the batch, got ${show(axes)}`);
    const others = [...input.file.keys()].filter((axis) => !axes.includes(axis));
    const over = axes.map((axis) => input.file[axis]).flat();
    const view = { ...input, file: [...others.map((axis) => input.file[axis]), over] };
    const value = at.arranged(view, view.file);
    const logs = at.elementwise(value, new LogSoftmax(), `${at.label}_logSoftmax`);
    const last = others.length;
    const first = cellsOf(at, value, last, [0], `${at.label}_first`);
    const own = scaled(at, cellsOf(at, logs, last, [0], `${at.label}_log`), -1);
    const result = merged(at, new Sum(), [first, own]);
    if (at.number('keepdims', 1) === 0) return { ...result, file: result.file.slice(0, -1) };
    const file = input.file.map((_, k) => (axes.includes(k) ? [] : result.file[others.indexOf(k)]));
    return { ...result, file };
  },
};

/** Multiplies values. The box itself repeats an axis of size 1. */
const product = (at: ImportNode, values: readonly Activation[]) =>
  merged(at, new Product(), values, { repeats: true });

const all = (at: ImportNode) => at.node.inputs.map((_, i) => at.activation(i));

function scaled(at: ImportNode, value: Activation, factor: number, label = `${at.label}_scale`) {
  const box = new Arithmetic('multiply', { trainable: false, init: factor });
  return at.elementwise(value, box, label);
}

async function extremum(at: ImportNode, kind: 'max' | 'min'): Promise<Activation> {
  if (at.node.inputs.length === 1) return at.activation(0);
  const inputs = at.node.inputs.map((_, i) => at.input(i));
  const values = inputs.filter((value) => value?.kind === 'activation');
  let [limit, bounds] = [kind === 'max' ? -Infinity : Infinity, 0];
  for (const value of inputs) {
    if (value?.kind !== 'constant') continue;
    const bound = await at.singleOf(value);
    if (bound === undefined)
      throw at.fail(`expected a constant of one number, got the shape ${show([...value.dims])}`);
    limit = Math[kind](limit, bound);
    bounds++;
  }
  if (values.length === 0)
    throw at.fail("expected an input that depends on the network's inputs, got only constants");
  const negated = (value: Activation, i: number) => scaled(at, value, -1, `${at.label}_${i}`);
  const merge = () =>
    kind === 'max'
      ? merged(at, new Max(), values)
      : scaled(at, merged(at, new Max(), values.map(negated), { label: `${at.label}_max` }), -1);
  const value = values.length === 1 ? values[0] : merge();
  return bounds === 0 ? value : at.elementwise(value, new Arithmetic(kind, { init: limit }));
}

/** Combines two values of the network, or one and a constant on either side. */
async function binary(
  at: ImportNode,
  withConstant: ArithmeticOperation,
  withConstantFirst: ArithmeticOperation,
  both: (a: Activation, b: Activation) => Activation,
) {
  const [a, b] = [at.input(0), at.input(1)];
  if (a === undefined || b === undefined || at.node.inputs.length !== 2)
    throw at.fail(`expected 2 inputs, got ${at.node.inputs.length}`);
  if (a.kind === 'activation')
    return b.kind === 'activation' ? both(a, b) : combined(at, withConstant, a, b);
  if (b.kind === 'activation') return combined(at, withConstantFirst, b, a);
  return folded(at, a, b);
}

/** Combines a value with a constant. */
async function combined(
  at: ImportNode,
  operation: ArithmeticOperation,
  given: Activation,
  constant: Constant,
): Promise<Activation> {
  const values = await constant.values();
  const dims = placed(at, constant.dims, given.file.length);
  const wide = dims.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const input = wide.reduce((value, axis) => {
    const isRepeated = axis > 0 && value.file[axis].length === 0;
    return isRepeated ? repeated(at, value, axis, dims[axis]) : value;
  }, given);
  const { file, stored } = input;
  if (wide.some((axis) => dims[axis] !== sizeOf(file[axis]) || isBatch(file[axis]))) {
    throw at.fail(
      `expected a constant that fits the shape ${show(shapeOf(file))}, got ${show([...constant.dims])}`,
    );
  }
  const trainable = !constant.isFixed;
  if (wide.length === 0) {
    const shape = constant.dims.length > 0 && trainable ? [1] : [];
    const init = () => values;
    const box = at.build.shared([operation, constant.name, trainable], () => {
      return new Arithmetic(operation, { shape, trainable, init });
    });
    if (!trainable && isNeutral(operation, values[0])) return input;
    return at.elementwise(input, box);
  }
  const [axis] = wide;
  const isLast = sameAtoms(file[axis], stored[stored.length - 1]) && stored.length > 1;
  const isFlat = file.length === 2;
  if (wide.length === 1 && (isLast || isFlat)) {
    const { value, order } = at.featuresLast(input, axis);
    const own = reordered(values, [values.length], 0, file[axis], order);
    const key = [operation, constant.name, order.map((atom) => file[axis].indexOf(atom))];
    if (operation === 'multiply' && trainable) {
      const user = await addedTo(at, dims);
      const box = at.build.shared([...key, user?.constant.name ?? ''], () => {
        const made = new Affine(own.length, { bias: user !== undefined, init: () => own });
        if (user && made.params.bias)
          assign(made.params.bias, reordered(user.values, [own.length], 0, file[axis], order));
        return made;
      });
      const result = at.elementwise(value, box);
      if (user !== undefined) {
        at.values.take(user.node);
        at.values.set(user.node.outputs[0], result);
      }
      return result;
    }
    const box = at.build.shared(key, () => {
      return new Arithmetic(operation, { shape: [own.length], trainable, init: () => own });
    });
    return at.elementwise(value, box);
  }
  const order = wholeAxes(input);
  const value = order === undefined ? at.asInFile(input) : input;
  const axes = order ?? file.map((_, k) => k);
  const shape = axes.slice(1).map((k) => dims[k]);
  const own = transposed(values, dims, axes);
  const box = at.build.shared([operation, constant.name, axes], () => {
    return new Arithmetic(operation, { shape, trainable, init: () => own });
  });
  return at.elementwise(value, box);
}

/**
 * Returns the dims of a constant with an axis for each axis of the value. Before version 7, the
 * attribute `axis` states the axis of the value at which the dims begin.
 */
function placed(at: ImportNode, dims: readonly number[], rank: number): readonly number[] {
  if (at.opset >= 7 || !at.has('axis')) return aligned(at, dims, rank);
  const end = at.axis(at.number('axis', 0), rank) + dims.length;
  return aligned(at, [...dims, ...new Array<number>(Math.max(rank - end, 0)).fill(1)], rank);
}

function isNeutral(operation: ArithmeticOperation, value: number): boolean {
  if (operation === 'add' || operation === 'subtract') return value === 0;
  return (operation === 'multiply' || operation === 'divide') && value === 1;
}

/**
 * If this node's output is used only by an Add of a constant of the same shape, returns the Add and
 * the constant.
 */
async function addedTo(at: ImportNode, dims: readonly number[]) {
  const [own] = at.node.outputs;
  const node = at.values.onlyUser(own);
  if (node?.op !== 'Add' || node.inputs.length !== 2) return undefined;
  const constant = at.values.of(node.inputs[node.inputs[0] === own ? 1 : 0]);
  if (constant?.kind !== 'constant' || constant.isFixed || constant.dims.length > dims.length)
    return undefined;
  const padded = aligned(at, constant.dims, dims.length);
  if (numElements(padded) !== numElements(dims) || show([...padded]) !== show([...dims]))
    return undefined;
  return { node, constant, values: await constant.values() };
}

/**
 * Returns, for each axis of the network's tensor, the index of the same axis in the file. Returns
 * undefined if an axis of the file is not a single axis of the tensor.
 */
function wholeAxes({ file, stored }: Activation): number[] | undefined {
  if (file.length !== stored.length) return undefined;
  const left = file.map((_, k) => k);
  const order = stored.map((axis) => {
    const at = left.findIndex((k) => sameAtoms(file[k], axis));
    return at < 0 ? -1 : left.splice(at, 1)[0];
  });
  return order.includes(-1) ? undefined : order;
}

/**
 * Returns a text that is equal for two views if their atoms have the same sizes and form the axes
 * in the same way. The atoms themselves are different objects.
 */
function signature({ file, stored }: Activation): string {
  const atoms = stored.flat();
  return JSON.stringify([
    atoms.map(({ size }) => size),
    stored.map(({ length }) => length),
    file.map((axis) => axis.map((atom) => atoms.indexOf(atom))),
  ]);
}

/**
 * Rearranges values so that their tensors have the same order of axes. An axis may have the size 1
 * in some of them; the box that merges the values repeats it.
 */
function alike(at: ImportNode, values: readonly Activation[]): Activation[] {
  if (values.every((value) => signature(value) === signature(values[0]))) return [...values];
  const rank = Math.max(...values.map(({ file }) => file.length));
  if (values.some(({ file }) => file.length !== rank)) {
    throw at.fail(
      `expected inputs of one rank, got ${values.map(({ file }) => show(shapeOf(file))).join(' and ')}`,
    );
  }
  const orders = values.map(wholeAxes);
  const order = orders.find((one) => one !== undefined) ?? values[0].file.map((_, k) => k);
  return values.map((value) =>
    at.arranged(
      value,
      order.map((axis) => value.file[axis]),
    ),
  );
}

/**
 * Repeats the axes of size 1 of values whose tensors have the same order of axes, so that all have
 * one shape.
 */
function repeatedAlike(at: ImportNode, values: readonly Activation[]): readonly Activation[] {
  const rank = values[0].file.length;
  if (values.some(({ file }) => file.length !== rank)) return values;
  const sizes = Array.from({ length: rank }, (_, k) =>
    Math.max(...values.map(({ file }) => sizeOf(file[k]))),
  );
  return values.map((value, i) =>
    sizes.reduce((own, size, axis) => {
      if (size === 1 || own.file[axis].length > 0) return own;
      return repeated(at, own, axis, size, `${at.label}_repeat${i}`);
    }, value),
  );
}

/**
 * Merges several values of the network.
 *
 * @param repeats whether the box itself repeats an axis of size 1.
 */
function merged(
  at: ImportNode,
  box: ManyInputs,
  values: readonly Activation[],
  {
    label = at.label,
    repeats = false,
  }: { readonly label?: string; readonly repeats?: boolean } = {},
): Activation {
  const same = alike(at, repeats ? values : repeatedAlike(at, values));
  const { name } = at.build.emitMerge(
    label,
    box,
    same.map((value) => value.name),
  );
  const [first] = same;
  if (same.every((value) => signature(value) === signature(first))) return { ...first, name };
  // An axis of size 1, which is repeated, has no atoms. Its atoms come from a value in which it is
  // larger.
  const file: Axes = first.file.map((axis, k) =>
    same.reduce((widest, value) => (value.file[k].length > 0 ? value.file[k] : widest), axis),
  );
  const order = wholeAxes(first) ?? file.map((_, k) => k);
  const stored = order.map((axis) => file[axis]);
  return { kind: 'activation', name, file, stored: withBatchApart(stored) };
}
