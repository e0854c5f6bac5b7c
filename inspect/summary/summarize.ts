import type { Variable } from '@tensorflow/tfjs-core';
import { Dropout } from '../../modules/dropout.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Identity } from '../../modules/identity.ts';
import { Reshape } from '../../modules/reshape.ts';
import { SpatialDropout } from '../../modules/spatialDropout.ts';
import { numElements } from '../../lib/init/initializers.ts';
import { withOptionalPath, propagate, type AnyModule } from '../../lib/propagate.ts';
import { multiplyAdds, shapeAfter } from '../../lib/shapes.ts';
import { describe, isPointwise } from './describe.ts';
import { fieldAfter, type Field } from './receptiveField.ts';

/** A box of a network, for one example. */
export interface SummaryRow {
  /** The box's path: `conv1`, `stage1.0.residual.body.conv1`. */
  readonly name: string;
  /** What it is, in the words of the slides. */
  readonly box: string;
  /** Without the batch. */
  readonly outputShape: readonly number[];
  /** Those of a box that stands in several places are counted at the first. */
  readonly parameters: number;
  /** Products that are added up; other arithmetic is not counted. */
  readonly multiplyAdds: number;
  /** Of the output, as float32; 0 where it is the input in other words. */
  readonly activationBytes: number;
  /** Cells of the input that a value depends on, along each axis; larger than the image where padding counts. */
  readonly receptiveField: readonly number[];
  /** The rows that it takes from: their places in the list, −1 for the input of the network. */
  readonly from: readonly number[];
}

export interface Summary {
  readonly inputShape: readonly number[];
  readonly rows: readonly SummaryRow[];
  readonly total: Pick<SummaryRow, 'parameters' | 'multiplyAdds' | 'activationBytes'>;
}

export interface SummaryOptions {
  /**
   * A row for every box. By default what works number by number, a ReLU, stands in the row of the box before it, as on
   * the slides, and what passes its input on has none.
   */
  readonly all?: boolean;
}

interface Value {
  readonly shape: readonly number[];
  readonly field: Field;
  readonly row: number;
}

type OpenRow = { -readonly [Key in keyof SummaryRow]: SummaryRow[Key] } & { folded: boolean };

/**
 * The boxes of a network, in the order of the forward. The convolutions are not run.
 *
 * Errors: those of a forward of an input of this shape.
 */
export function summarize(
  network: AnyModule,
  inputShape: readonly number[],
  { all = false }: SummaryOptions = {},
): Summary {
  const rows: OpenRow[] = [];
  const counted = new Set<Variable>();
  const axes = inputShape.slice(0, -1);
  const field: Field = { size: axes.map(() => 1), jump: axes.map(() => 1), places: axes };
  const image: Value = { shape: [1, ...inputShape], field, row: -1 };
  propagate(network, [image], (box, inputs, path) => {
    const shape = withOptionalPath(path, () => shapeAfter(box, inputs.map((input) => input.shape))); // prettier-ignore
    const after = fieldAfter(box, inputs.map((input) => input.field), shape); // prettier-ignore
    const own = Object.values(box.params).filter((param) => !counted.has(param));
    own.forEach((param) => counted.add(param));
    rows.push({
      name: path === '' ? 'network' : path,
      box: describe(box),
      outputShape: shape.slice(1),
      parameters: own.reduce((sum, { size }) => sum + size, 0),
      multiplyAdds: multiplyAdds(box, inputs[0].shape, shape),
      activationBytes: passesOn(box) ? 0 : 4 * numElements(shape),
      receptiveField: after.size,
      from: inputs.map(({ row }) => row),
      folded: isPointwise(box) || passesOn(box),
    });
    return { shape, field: after, row: rows.length - 1 };
  });
  const total = (pick: (row: SummaryRow) => number) =>
    rows.reduce((sum, row) => sum + pick(row), 0);
  return {
    inputShape,
    rows: (all ? rows : fold(rows)).map(({ folded: _, ...row }) => row),
    total: {
      parameters: total((row) => row.parameters),
      multiplyAdds: total((row) => row.multiplyAdds),
      activationBytes: total((row) => row.activationBytes),
    },
  };
}

/** Puts each row that can be folded into the one before it, if that one's output goes nowhere else. */
function fold(rows: readonly OpenRow[]): OpenRow[] {
  const users = rows.map((_, i) => rows.filter(({ from }) => from.includes(i)).length);
  const kept: OpenRow[] = [];
  /** Where in `kept` the output of each row is to be found. */
  const places: number[] = [];
  rows.forEach((row, i) => {
    const from = row.from.map((source) => (source < 0 ? source : places[source]));
    const [source] = row.from;
    const into = from[0] < 0 ? undefined : kept[from[0]];
    const passes = row.activationBytes === 0;
    if (
      row.folded &&
      into !== undefined &&
      row.parameters === 0 &&
      (passes || users[source] === 1)
    ) {
      if (!/^(Flatten|Reshape|Identity)$/.test(row.box)) into.box += `, ${row.box}`;
      into.activationBytes += row.activationBytes;
      places[i] = from[0];
    } else {
      places[i] = kept.length;
      kept.push({ ...row, from });
    }
  });
  return kept;
}

/** Whether, in inference, the output is the memory of the input. */
export function passesOn(box: AnyModule): boolean {
  return [Flatten, Reshape, Identity, Dropout, SpatialDropout].some((kind) => box instanceof kind);
}
