import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import { Arithmetic } from '../../../modules/arithmetic.ts';
import { Concat } from '../../../modules/concat.ts';
import { cellsOf } from './cells.ts';
import type { Importer, ImportNode } from './node.ts';
import {
  isBatch,
  newAxis,
  shapeOf,
  withBatchApart,
  type Activation,
  type Constant,
  type Entry,
  type Value,
} from './views.ts';

/** The importer of Concat. */
export const CONCAT: Readonly<Record<string, Importer>> = {
  async Concat(at) {
    const values = at.node.inputs.map((_, i) => at.input(i));
    const constants = values.filter((value) => value?.kind === 'constant');
    if (constants.length === values.length) return concatenated(at, constants);
    const inputs: Activation[] = [];
    for (const [i, value] of values.entries())
      inputs.push(value?.kind === 'constant' ? await withBatch(at, value, i, values) : at.activation(i)); // prettier-ignore
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
};

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
