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

const OPERATIONS: Readonly<Record<string, (a: number, b: number, isInteger: boolean) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b, isInteger) => (isInteger ? Math.trunc(a / b) : a / b),
};

/**
 * Computes an operator of two constants. They have the same shape, or one of them is a single
 * number.
 */
export async function folded(at: ImportNode, a: Constant, b: Constant): Promise<Constant> {
  const operation = OPERATIONS[at.node.op];
  const dims = numElements(a.dims) >= numElements(b.dims) ? a.dims : b.dims;
  checkSize(at, dims);
  const [left, right] = [await at.entries(a), await at.entries(b)];
  const isAlike = (list: readonly Entry[]) =>
    list.length === 1 || list.length === numElements(dims);
  if (!isAlike(left) || !isAlike(right) || operation === undefined)
    throw at.fail(
      `expected constants of one shape, or one of them a single number, got ${at.node.op} of the shapes ${show([...a.dims])} and ${show([...b.dims])}`,
    );
  const isInteger = a.isInteger && b.isInteger;
  const entries = Array.from({ length: numElements(dims) }, (_, i): Entry => {
    const [x, y] = [left[left.length === 1 ? 0 : i], right[right.length === 1 ? 0 : i]];
    if (x !== 'batch' && y !== 'batch') return operation(x, y, isInteger);
    // The size of the batch is unknown, so it can only be multiplied or divided by 1.
    if (at.node.op === 'Mul' && (x === 1 || y === 1)) return 'batch';
    if (at.node.op === 'Div' && y === 1) return 'batch';
    throw at.fail(
      `expected the size of the batch to stay as it is, got ${at.node.op} of ${show(x)} and ${show(y)}`,
    );
  });
  return { ...at.list1(entries, dims), isInteger };
}
