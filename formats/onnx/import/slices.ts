import { show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import { cellsOf, repeated } from './cells.ts';
import type { Importer, ImportNode } from './node.ts';
import { isBatch, newAxis, shapeOf, sizeOf, type Activation, type Constant, type Entry, type Value } from './views.ts'; // prettier-ignore

/** The largest number of indices of a slice. */
const LONGEST = 2 ** 20;

/** The importers of operators that take or repeat parts of a value. */
export const SLICES: Readonly<Record<string, Importer>> = {
  async Slice(at) {
    const data = at.input(0);
    if (data === undefined) throw at.fail('expected an input, got none');
    const dims = data.kind === 'constant' ? data.dims : shapeOf(data.file);
    const cells = await slicedCells(at, dims);
    if (data.kind === 'constant') {
      let value = data;
      for (const [axis, own] of cells) value = await taken(at, value, axis, own);
      return value;
    }
    let value = data;
    for (const [axis, own, end] of cells) {
      const isWhole = own.length === dims[axis] && own.every((cell, i) => cell === i);
      // If the size of the batch is open, only an end beyond every size means the whole batch.
      const batch = value.file[axis].find((atom) => atom.isBatch);
      if (isWhole && (batch === undefined || batch.size > 1 || end >= 2 ** 31 - 1)) continue;
      checkAxis(at, value, axis);
      if (own.length === 0)
        throw at.fail(`expected a slice with cells, got none along axis ${axis}`);
      value = cellsOf(at, value, axis, own);
    }
    return value;
  },

  async Split(at) {
    const data = at.input(0);
    if (data === undefined) throw at.fail('expected an input, got none');
    const dims = data.kind === 'constant' ? data.dims : shapeOf(data.file);
    const axis = at.axis(at.number('axis', 0), dims.length);
    const { length: count } = at.node.outputs;
    const each = Math.ceil(dims[axis] / Math.max(at.number('num_outputs', count), 1));
    const sizes =
      (await at.integers(1, 'split')) ??
      Array.from({ length: count }, (_, k) => Math.max(Math.min(each, dims[axis] - k * each), 0));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (sizes.length !== count || sizes.some((size) => !(size > 0)) || total !== dims[axis])
      throw at.fail(`expected ${count} parts of axis ${axis}, of size ${dims[axis]}, got ${show([...sizes])}`); // prettier-ignore
    if (dims[axis] > LONGEST) throw at.fail(`expected at most ${LONGEST} cells along an axis, got ${dims[axis]}`); // prettier-ignore
    const parts: (Value | undefined)[] = [];
    for (const [k, size] of sizes.entries()) {
      const first = sizes.slice(0, k).reduce((sum, own) => sum + own, 0);
      const cells = Array.from({ length: size }, (_, i) => first + i);
      if (!at.values.isUsed(at.node.outputs[k])) parts.push(undefined);
      else if (data.kind === 'constant') parts.push(await taken(at, data, axis, cells));
      else if (size === dims[axis]) parts.push(data);
      else {
        checkAxis(at, data, axis);
        parts.push(cellsOf(at, data, axis, cells, `${at.label}_${k}`));
      }
    }
    return parts;
  },

  async Gather(at) {
    const data = at.input(0);
    if (data === undefined) throw at.fail('expected an input, got none');
    const dims = data.kind === 'constant' ? data.dims : shapeOf(data.file);
    const axis = at.axis(at.number('axis', 0), dims.length);
    const index = at.constant(1);
    const cells = ((await at.integers(1)) ?? []).map((one) => (one < 0 ? one + dims[axis] : one));
    const isCell = (cell: number) => Number.isInteger(cell) && cell >= 0 && cell < dims[axis];
    if (!cells.every(isCell) || cells.length === 0)
      throw at.fail(`expected indices below ${dims[axis]}, got ${show(cells.find((cell) => !isCell(cell)))}`); // prettier-ignore
    if (data.kind === 'constant') {
      const value = await taken(at, data, axis, cells);
      return { ...value, dims: [...dims.slice(0, axis), ...index.dims, ...dims.slice(axis + 1)] };
    }
    checkAxis(at, data, axis);
    const value = cellsOf(at, data, axis, cells);
    if (index.dims.length === 1) return value;
    return divided(value, axis, index.dims);
  },

  async Expand(at) {
    const data = at.input(0);
    const entries = await at.entries(at.constant(1));
    if (data?.kind === 'constant') return expandedConstant(at, data, entries);
    let value = at.activation(0);
    const short = entries.length - value.file.length;
    const file = [...new Array<never[]>(Math.max(short, 0)).fill([]), ...value.file];
    if (short > 0 && entries.slice(0, short).some((entry) => entry !== 1))
      throw at.fail(`expected a shape that keeps the batch first, got ${show([...entries])}`);
    value = { ...value, file };
    for (const [k, entry] of entries.entries()) {
      const axis = k + file.length - entries.length;
      const own = file[axis];
      if (entry === 1 || (isBatch(own) ? entry === 'batch' || entry === own[0].size : entry === sizeOf(own))) continue; // prettier-ignore
      if (entry === 'batch' || own.length > 0 || entry < 1 || entry > LONGEST)
        throw at.fail(
          `expected a shape that repeats axes of size 1, got ${show([...entries])} for ${show(shapeOf(file))}`,
        );
      value = repeated(at, value, axis, entry, at.label);
    }
    return value;
  },

  async Tile(at) {
    let value = at.activation(0);
    const repeats = (await at.integers(1)) ?? [];
    if (
      repeats.length !== value.file.length ||
      !repeats.every((times) => times >= 1 && times <= LONGEST)
    )
      // prettier-ignore
      throw at.fail(`expected a number of repetitions per axis, got ${show([...repeats])}`);
    for (const [axis, times] of repeats.entries()) {
      if (times === 1) continue;
      checkAxis(at, value, axis);
      const size = sizeOf(value.file[axis]);
      if (size * times > LONGEST) throw at.fail(`expected at most ${LONGEST} cells along an axis, got ${size * times}`); // prettier-ignore
      value = cellsOf(
        at,
        value,
        axis,
        Array.from({ length: size * times }, (_, i) => i % size),
      );
    }
    return value;
  },
};

/** Throws if an axis contains the batch, whose examples no operator may select. */
function checkAxis(at: ImportNode, { file }: Activation, axis: number): void {
  if (file[axis].some(({ isBatch: own }) => own))
    throw at.fail(`expected an axis without the batch, got ${axis}`);
}

/** Returns the cells that a Slice takes and the end that it states, for each axis that it names. */
async function slicedCells(
  at: ImportNode,
  dims: readonly number[],
): Promise<readonly (readonly [axis: number, cells: readonly number[], end: number])[]> {
  const [starts = [], ends = []] = [await at.integers(1, 'starts'), await at.integers(2, 'ends')];
  const axes = (await at.integers(3, 'axes')) ?? starts.map((_, k) => k);
  const steps = (await at.integers(4)) ?? starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length) || steps.includes(0))
    throw at.fail(
      `expected starts, ends, axes and steps of one length, and no step of 0, got ${[starts, ends, axes, steps].map(show).join(', ')}`,
    );
  return axes.map((own, k) => {
    const axis = at.axis(own, dims.length);
    const size = dims[axis];
    const [step, least, most] = [steps[k], steps[k] < 0 ? -1 : 0, steps[k] < 0 ? size - 1 : size];
    const inside = (place: number) => Math.min(Math.max(place < 0 ? place + size : place, least), most); // prettier-ignore
    const [start, end] = [inside(starts[k]), inside(ends[k])];
    const count = Math.max(Math.ceil((end - start) / step), 0);
    if (count > LONGEST)
      throw at.fail(`expected at most ${LONGEST} cells along an axis, got ${count}`);
    return [axis, Array.from({ length: count }, (_, i) => start + i * step), ends[k]] as const;
  });
}

/** Takes cells along an axis of a constant. */
async function taken(
  at: ImportNode,
  value: Constant,
  axis: number,
  cells: readonly number[],
): Promise<Constant> {
  const dims = value.dims.map((size, k) => (k === axis ? cells.length : size));
  const inner = numElements(dims.slice(axis + 1));
  const placeOf = (i: number) => {
    const [outer, cell] = [Math.floor(i / inner / cells.length), Math.floor(i / inner) % cells.length]; // prettier-ignore
    return (outer * value.dims[axis] + cells[cell]) * inner + (i % inner);
  };
  return rebuilt(at, value, dims, placeOf);
}

/** Repeats the axes of size 1 of a constant. The batch is not repeated. */
function expandedConstant(
  at: ImportNode,
  value: Constant,
  entries: readonly Entry[],
): Promise<Constant> | Constant {
  const rank = Math.max(entries.length, value.dims.length);
  const own = [...new Array<number>(rank - value.dims.length).fill(1), ...value.dims];
  const wanted = [...new Array<Entry>(rank - entries.length).fill(1), ...entries];
  const dims = own.map((size, k) => {
    const entry = wanted[k];
    if (entry === 'batch' || entry === 1 || entry === size) return size;
    if (size === 1 && entry >= 1 && entry <= LONGEST) return entry;
    throw at.fail(`expected a shape that repeats axes of size 1, got ${show([...entries])} for ${show(own)}`); // prettier-ignore
  });
  if (numElements(dims) === numElements(own)) return { ...value, dims };
  if (numElements(dims) > LONGEST)
    throw at.fail(
      `expected a constant of at most ${LONGEST} elements, got the shape ${show(dims)}`,
    );
  return rebuilt(at, value, dims, (i) => {
    let [place, left, stride] = [0, i, 1];
    for (let k = rank - 1; k >= 0; k--) {
      if (own[k] > 1) place += (left % dims[k]) * stride;
      left = Math.floor(left / dims[k]);
      stride *= own[k];
    }
    return place;
  });
}

/** Makes a constant whose element i is element `placeOf(i)` of another one. */
async function rebuilt(
  at: ImportNode,
  value: Constant,
  dims: readonly number[],
  placeOf: (i: number) => number,
): Promise<Constant> {
  const { values, name, isInteger } = value;
  if (value.entries !== undefined || isInteger) {
    const entries = await at.entries(value);
    const all = Array.from({ length: numElements(dims) }, (_, i) => entries[placeOf(i)]);
    return { ...at.list1(all, dims), isInteger };
  }
  return {
    ...value,
    name: `${name} at ${at.label}`,
    dims,
    values: async () => {
      const all = await values();
      return Float64Array.from({ length: numElements(dims) }, (_, i) => all[placeOf(i)]);
    },
  };
}

/** Divides an axis of a single atom into several, or removes it if there are none. */
function divided(value: Activation, axis: number, dims: readonly number[]): Activation {
  const [own] = value.file[axis];
  const parts = dims.map(newAxis);
  const atoms = parts.flat();
  const file = [...value.file.slice(0, axis), ...parts, ...value.file.slice(axis + 1)];
  const stored = value.stored.map((old) => old.flatMap((atom) => (atom === own ? atoms : [atom])));
  return { kind: 'activation', name: value.name, file, stored };
}
