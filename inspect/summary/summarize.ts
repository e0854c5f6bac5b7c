import { checkOptions, nameOf } from '../../lib/check.ts';
import type { Variable } from '@tensorflow/tfjs-core';
import { InputError } from '../../lib/errors.ts';
import type { Shape } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { propagate, withOptionalPath } from '../../lib/propagate.ts';
import { factsOf, numElements } from '../../lib/shapes.ts';
import { fieldAfter, inputField, type ReceptiveField } from './receptiveField.ts';

/** Stands for a fact that a box does not state. */
export type Unknown = 'unknown';

/** A box of a network; sizes are those for one example. */
export interface SummaryRow {
  /** The box's path: `conv1`, `stage1.0.residual.body.conv1`. */
  readonly name: string;
  /** The box in the words of the slides. */
  readonly box: string;
  /** The shape of the output, without the batch. */
  readonly outputShape: Shape;
  /** The number of parameters; a box that occurs several times counts only at the first. */
  readonly parameters: number;
  /** The number of products that are added up; other arithmetic does not count. */
  readonly multiplyAdds: number | Unknown;
  /** The size of the output as float32, in bytes; 0 if it shares the memory of the input. */
  readonly activationBytes: number;
  /**
   * The number of positions of the network's input that a value depends on, per axis. It may exceed
   * the image, because padding counts.
   */
  readonly receptiveField: readonly number[] | Unknown;
  /** The indices of the rows whose outputs are its inputs; −1 is the input of the network. */
  readonly from: readonly number[];
}

/** The boxes of a network in the order of its forward, and their totals. */
export interface Summary {
  /** The shape of the input, without the batch. */
  readonly inputShape: Shape;
  readonly rows: readonly SummaryRow[];
  /** The sums over all boxes. */
  readonly total: Pick<SummaryRow, 'parameters' | 'multiplyAdds' | 'activationBytes'>;
}

/** The options of `summarize`. */
export interface SummaryOptions {
  /**
   * Whether every box has a row, false by default: a box that works element by element, such as a
   * ReLU, is then part of the row of the box before it, as on the slides, and a box that only
   * passes its input on has no row.
   */
  readonly all?: boolean;
}

interface Value {
  readonly shape: Shape;
  readonly field: ReceptiveField | undefined;
  readonly row: number;
}

type OpenRow = { -readonly [Key in keyof SummaryRow]: SummaryRow[Key] } & {
  /** Whether the box works position by position, so its row can be folded. */
  isFoldable: boolean;
  passesOn: boolean;
  /**
   * Whether a row that it is folded into names it: a box that only passes its input on has no
   * words.
   */
  isNamed: boolean;
};

/**
 * Lists the boxes of a network in the order of its forward, with the facts that they state. A fact
 * that a box does not state is `'unknown'`, and so is every sum and receptive field that depends on
 * it.
 *
 * Shapes: inputShape is that of one example, without the batch.
 * Errors: an unknown option; those of a forward of an input of this shape.
 *
 *     const { rows, total } = summarize(lenet({ rng }), [28, 28, 1]);
 *     console.log(total.multiplyAdds, rows[0].receptiveField);
 */
export function summarize(
  network: AnyModule,
  inputShape: Shape,
  options: SummaryOptions = {},
): Summary {
  checkOptions('summarize', options, ['all']);
  const { all = false } = options;
  if (network.arity === 'list') {
    throw new InputError(
      'summarize: expected a network that takes one tensor, got one that takes a list',
    );
  }
  const rows: OpenRow[] = [];
  const counted = new Set<Variable>();
  const image: Value = { shape: [1, ...inputShape], field: inputField(inputShape), row: -1 };
  propagate<Value>(network, [image], (box, inputs, path) => {
    const shapes = inputs.map(({ shape }) => shape);
    const { outputShape, window, multiplyAdds } = withOptionalPath(path, () =>
      factsOf(box, shapes),
    );
    const fields = inputs.map((input) => input.field);
    const field = fieldAfter(window, fields, outputShape);
    const own = Object.values(box.params).filter((param) => !counted.has(param));
    own.forEach((param) => counted.add(param));
    rows.push({
      name: path === '' ? 'network' : path,
      box: box.describe(),
      outputShape: outputShape.slice(1),
      parameters: own.reduce((sum, { size }) => sum + size, 0),
      multiplyAdds: multiplyAdds ?? 'unknown',
      activationBytes: window === 'identity' ? 0 : 4 * numElements(outputShape),
      receptiveField: field?.size ?? 'unknown',
      from: inputs.map(({ row }) => row),
      isFoldable: typeof window === 'string' && !window.startsWith('global'),
      passesOn: window === 'identity',
      isNamed: window !== 'identity' || box.describe() !== nameOf(box),
    });
    return { shape: outputShape, field, row: rows.length - 1 };
  });
  const shown = all ? rows : fold(rows);
  return {
    inputShape,
    rows: shown.map(({ isFoldable: _, passesOn: __, isNamed: ___, ...row }) => row),
    total: {
      parameters: rows.reduce((sum, row) => sum + row.parameters, 0),
      multiplyAdds: rows.reduce<number | Unknown>(
        (sum, { multiplyAdds }) =>
          sum === 'unknown' || multiplyAdds === 'unknown' ? 'unknown' : sum + multiplyAdds,
        0,
      ),
      activationBytes: rows.reduce((sum, row) => sum + row.activationBytes, 0),
    },
  };
}

/** Folds each foldable row into the row before it, if that row's output has no other use. */
function fold(rows: readonly OpenRow[]): OpenRow[] {
  const users = rows.map((_, i) => rows.filter(({ from }) => from.includes(i)).length);
  const kept: OpenRow[] = [];
  /** The index in `kept` of the row that holds the output of each row. */
  const places: number[] = [];
  rows.forEach((row, i) => {
    const from = row.from.map((source) => (source < 0 ? source : places[source]));
    const [source] = row.from;
    const into = from[0] < 0 ? undefined : kept[from[0]];
    const foldable =
      row.isFoldable && row.parameters === 0 && from.length === 1 && into !== undefined;
    if (foldable && (row.passesOn || users[source] === 1)) {
      if (row.isNamed) into.box += `, ${row.box}`;
      into.activationBytes += row.activationBytes;
      into.receptiveField = row.receptiveField;
      places[i] = from[0];
    } else {
      places[i] = kept.length;
      kept.push({ ...row, from });
    }
  });
  return kept;
}
