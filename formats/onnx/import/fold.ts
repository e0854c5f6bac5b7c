import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import type { FileTensor } from '../fileTensor.ts';
import type { Importer, ImportNode } from './node.ts';
import { isBatch, sizeOf, type Constant, type Entry } from './views.ts';

/** The largest number of elements of a constant that is computed. */
const MOST = 2 ** 16;

/**
 * The operators whose results are constants, or the sizes of a shape. They are computed during the
 * import and need no box.
 */
export const FOLDED: Readonly<Record<string, Importer>> = {
  Constant(at) {
    const { attributes, outputs } = at.node;
    const value = attributes.get('value');
    if (isTensor(value)) return ofTensor({ ...value, name: outputs[0] }, true);
    for (const key of ['value_int', 'value_float']) {
      if (at.has(key)) return constantOf(at, [at.number(key, 0)], [], key === 'value_int');
    }
    for (const key of ['value_ints', 'value_floats']) {
      const list = at.list(key);
      if (list) return constantOf(at, list, [list.length], key === 'value_ints');
    }
    throw at.fail('expected a constant of numbers, got one of another kind');
  },

  Shape(at) {
    const value = at.input(0);
    if (value === undefined) throw at.fail('expected an input, got none');
    const all: Entry[] =
      value.kind === 'constant'
        ? [...value.dims]
        : value.file.map((axis) => (isBatch(axis) ? 'batch' : sizeOf(axis)));
    const end = at.has('end') ? at.number('end', 0) : undefined;
    return at.list1(all.slice(at.number('start', 0), end));
  },

  Size(at) {
    const { dims } = at.constant(0);
    return at.list1([numElements(dims)], []);
  },

  Equal: (at) => compared(at, (a, b) => a === b),
  Mod: async (at) => folded(at, at.constant(0), at.constant(1)),

  async Where(at) {
    const [condition, a, b] = [at.constant(0), at.constant(1), at.constant(2)];
    const { entries, dims } = await combined(at, [condition, a, b], ([is, x, y]) => (is ? x : y));
    return { ...at.list1(entries, dims), isInteger: a.isInteger && b.isInteger };
  },

  async ReduceProd(at) {
    const data = at.constant(0);
    const entries = await at.integers(0);
    const axes = await at.integers(1, 'axes');
    if (
      data.dims.length !== 1 ||
      (axes !== undefined && axes.some((axis) => at.axis(axis, 1) !== 0))
    )
      throw at.fail(`expected a constant list, got the shape ${show([...data.dims])}`);
    const value = (entries ?? []).reduce((product, size) => product * size, 1);
    const dims = at.number('keepdims', 1) === 0 ? [] : [1];
    return { ...at.list1([value], dims), isInteger: data.isInteger };
  },

  async ConstantOfShape(at) {
    const dims = (await at.integers(0)) ?? [];
    checkSize(at, dims);
    const tensor = at.node.attributes.get('value');
    const value = isTensor(tensor) ? Number((await tensor.values())[0]) : 0;
    const isInteger = isTensor(tensor) && tensor.isInteger;
    return constantOf(at, new Array<number>(numElements(dims)).fill(value), dims, isInteger);
  },

  async Range(at) {
    const [start = 0, limit = 0, step = 1] = [await at.single(0), await at.single(1), await at.single(2)]; // prettier-ignore
    const count = Math.max(Math.ceil((limit - start) / step), 0);
    checkSize(at, [count]);
    return at.list1(Array.from({ length: count }, (_, i) => start + i * step));
  },
};

/** Compares two constants. The size of the batch differs from every number. */
async function compared(at: ImportNode, compare: (a: Entry, b: Entry) => boolean) {
  const { entries, dims } = await combined(at, [at.constant(0), at.constant(1)], ([a, b]) => Number(compare(a, b))); // prettier-ignore
  return at.list1(entries, dims);
}

function isTensor(value: unknown): value is FileTensor {
  return typeof value === 'object' && value !== null && 'values' in value && 'dims' in value;
}

function checkSize(at: ImportNode, dims: readonly number[]): void {
  const good = dims.every((size) => Number.isInteger(size) && size >= 0);
  if (good && numElements(dims) <= MOST) return;
  throw at.fail(
    `expected a constant of at most ${MOST} elements, got the shape ${show([...dims])}`,
  );
}

/** Makes a constant from a tensor of the file. */
export function ofTensor(tensor: FileTensor, isFixed: boolean): Constant {
  const { name, dims, isInteger, values } = tensor;
  return { kind: 'constant', name, dims, isFixed: isFixed || isInteger, isInteger, values };
}

function constantOf(
  at: ImportNode,
  list: readonly number[],
  dims: readonly number[],
  isInteger: boolean,
): Constant {
  const [name] = at.node.outputs;
  const values = () => Promise.resolve(list);
  return { kind: 'constant', name, dims, isFixed: true, isInteger, values };
}

type Operation = (a: number, b: number, isInteger: boolean) => number;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b, isInteger) => (isInteger ? Math.trunc(a / b) : a / b),
  Mod: (a, b) => a - b * Math.floor(a / b),
  Pow: (a, b) => a ** b,
};

/**
 * Computes an operator of two constants. An axis of size 1 is repeated, and so is an axis that one
 * of them does not have.
 */
export async function folded(at: ImportNode, a: Constant, b: Constant): Promise<Constant> {
  const operation = OPERATIONS[at.node.op];
  if (operation === undefined) throw at.fail(`expected a value of the network, got constants`);
  const isInteger = a.isInteger && b.isInteger;
  const { entries, dims } = await combined(at, [a, b], ([x, y]) => {
    if (x !== 'batch' && y !== 'batch') return operation(x, y, isInteger);
    // The size of the batch is unknown, so it can only be multiplied or divided by 1.
    if (at.node.op === 'Mul' && (x === 1 || y === 1)) return 'batch';
    if (at.node.op === 'Div' && y === 1) return 'batch';
    throw at.fail(
      `expected the size of the batch to stay as it is, got ${at.node.op} of ${show(x)} and ${show(y)}`,
    );
  });
  return { ...at.list1(entries, dims), isInteger, isFixed: isInteger || (a.isFixed && b.isFixed) };
}

/** Combines the elements of constants, whose axes of size 1 are repeated. */
export async function combined(
  at: ImportNode,
  values: readonly Constant[],
  combine: (entries: readonly Entry[]) => Entry,
) {
  const rank = Math.max(...values.map(({ dims }) => dims.length));
  const shapes = values.map(({ dims }) => [...new Array<number>(rank - dims.length).fill(1), ...dims]); // prettier-ignore
  const dims = Array.from({ length: rank }, (_, k) => {
    const sizes = shapes.map((shape) => shape[k]);
    return sizes.includes(0) ? 0 : Math.max(...sizes);
  });
  if (shapes.some((shape) => shape.some((size, k) => size !== dims[k] && size !== 1)))
    throw at.fail(
      `expected constants that fit together, got ${at.node.op} of the shapes ${values.map((value) => show([...value.dims])).join(' and ')}`,
    );
  checkSize(at, dims);
  const lists: (readonly Entry[])[] = [];
  for (const value of values) lists.push(await at.entries(value));
  const entries = Array.from({ length: numElements(dims) }, (_, i) => {
    const own = shapes.map((shape, v) => {
      let [place, left, stride] = [0, i, 1];
      for (let k = rank - 1; k >= 0; k--) {
        if (shape[k] > 1) place += (left % dims[k]) * stride;
        left = Math.floor(left / dims[k]);
        stride *= shape[k];
      }
      return lists[v][place];
    });
    return combine(own);
  });
  return { entries, dims };
}
