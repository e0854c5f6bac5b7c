import { checkOptions, nameOf } from '../../lib/check.ts';
import type { Variable } from '@tensorflow/tfjs-core';
import { InputError, withPath } from '../../lib/errors.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { propagate } from '../../lib/propagate.ts';
import { factsOf, numElements } from '../../lib/shapes.ts';
import { fieldAfter, inputField, type ReceptiveField } from './receptiveField.ts';

/** Replaces a fact that a box does not state. */
export type Unknown = 'unknown';

/** One box of a network. All sizes are for one example. */
export interface SummaryRow {
  /** The box's path: `conv1`, `stage1.0.residual.body.conv1`. */
  readonly name: string;
  /** The description of the box, as on the slides. */
  readonly box: string;
  /** The shape of the output, without the batch. */
  readonly outputShape: Shape;
  /**
   * The number of parameters. Shared parameters count only in the first row in which they occur.
   */
  readonly parameters: number;
  /** The number of multiply-adds of one forward pass. Other arithmetic does not count. */
  readonly multiplyAdds: number | Unknown;
  /** The size of the output as float32, in bytes; 0 if it shares the memory of the input. */
  readonly activationBytes: number;
  /**
   * The number of positions of the network's input on which one output value depends, per axis. It
   * may exceed the image, because padding counts.
   */
  readonly receptiveField: readonly number[] | Unknown;
  /**
   * The indices of the rows whose outputs are the inputs of this box; −1 is the input of the
   * network.
   */
  readonly from: readonly number[];
}

/** The boxes of a network in the order in which they run, and their totals. */
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
   * Whether every box has its own row; false by default. If false, a box that works element by
   * element, such as a ReLU, is merged into the row of the box before it, as on the slides, and a
   * box that only returns its input has no row.
   */
  readonly all?: boolean;
}

interface Value {
  readonly shape: Shape;
  readonly field: ReceptiveField | undefined;
  readonly row: number;
}

/** One run of a box in a forward pass, and its row. */
interface Run {
  readonly row: SummaryRow;
  readonly box: AnyModule;
  readonly window: Facts['window'];
}

/**
 * Lists the boxes of a network in the order in which they run, with the facts that they state. A
 * fact that a box does not state is `'unknown'`, and so is every sum and receptive field that
 * depends on it.
 *
 * Shapes: inputShape is that of one example, without the batch.
 * Errors: an unknown option; those of a forward pass of an input of this shape.
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
  const runs: Run[] = [];
  const counted = new Set<Variable>();
  const image: Value = { shape: [1, ...inputShape], field: inputField(inputShape), row: -1 };
  propagate<Value>(network, [image], (box, inputs, path) => {
    const shapes = inputs.map(({ shape }) => shape);
    const { outputShape, window, multiplyAdds } = withPath(path, () => factsOf(box, shapes));
    const fields = inputs.map((input) => input.field);
    const field = fieldAfter(window, fields, outputShape);
    const own = Object.values(box.params).filter((param) => !counted.has(param));
    own.forEach((param) => counted.add(param));
    const row: SummaryRow = {
      name: path === '' ? 'network' : path,
      box: box.describe(),
      outputShape: outputShape.slice(1),
      parameters: own.reduce((sum, { size }) => sum + size, 0),
      multiplyAdds: multiplyAdds ?? 'unknown',
      activationBytes: window === 'identity' ? 0 : 4 * numElements(outputShape),
      receptiveField: field?.size ?? 'unknown',
      from: inputs.map(({ row }) => row),
    };
    return { shape: outputShape, field, row: runs.push({ row, box, window }) - 1 };
  });
  const rows = runs.map(({ row }) => row);
  return {
    inputShape,
    rows: all ? rows : fold(runs),
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

/**
 * Merges the row of a box that works position by position into the row before it. It does so if no
 * other box uses the output of that row, or if the box only returns its input.
 */
function fold(runs: readonly Run[]): SummaryRow[] {
  const users = runs.map((_, i) => runs.filter(({ row }) => row.from.includes(i)).length);
  const kept: SummaryRow[] = [];
  /** For each run, the index in `kept` of the row into which it was merged. */
  const places: number[] = [];
  runs.forEach(({ row, box, window }, i) => {
    const from = row.from.map((source) => (source < 0 ? source : places[source]));
    const into = kept[from[0]];
    const isPositionwise = typeof window === 'string' && !window.startsWith('global');
    const passesOn = window === 'identity';
    const isAlone = from.length === 1 && (passesOn || users[row.from[0]] === 1);
    if (isPositionwise && isAlone && row.parameters === 0 && into !== undefined) {
      // A box that only returns its input is listed only if its description says more than its
      // name, as for Dropout.
      const isNamed = !passesOn || row.box !== nameOf(box);
      kept[from[0]] = {
        ...into,
        box: isNamed ? `${into.box}, ${row.box}` : into.box,
        activationBytes: into.activationBytes + row.activationBytes,
        receptiveField: row.receptiveField,
      };
      places[i] = from[0];
    } else {
      places[i] = kept.push({ ...row, from }) - 1;
    }
  });
  return kept;
}
