import { stack, sub, sum, square, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { BoxOutputs } from './boxOutputs.ts';
import { checkCounts } from './traceFor.ts';
import { transformed, type Transformation, type TransformKind } from './transformed.ts';

/** The options of `invariance`. */
export interface InvarianceOptions {
  /** The shifts in pixels; by default six up to a fifth of the image's side. */
  readonly shifts?: readonly number[];
  /** The angles of the rotations in degrees, 5 to 30 by default. */
  readonly rotations?: readonly number[];
  /** The factors of the scalings, 0.7 to 1.4 by default. */
  readonly scales?: readonly number[];
  /** The number of examples, starting with the first one; 200 by default. */
  readonly examples?: number;
  /** The number of examples per batch, 100 by default. */
  readonly batchSize?: number;
  /** Receives the number of transformed batches that are done, and the number of all. */
  readonly onBatch?: (done: number, batches: number) => void;
}

/** How much an output changes when the input is transformed by an amount. */
export interface Change {
  /** The shift in pixels, the rotation in degrees, or the factor of the scaling. */
  readonly amount: number;
  /** The relative change of the output; NaN if the output is 0 for all examples. */
  readonly change: number;
}

/** The invariance of a box: the changes of its output, by the transformation of the input. */
export interface BoxInvariance {
  /** The path of the box. */
  readonly path: string;
  /** The class of the box, such as `MaxPool2D`. */
  readonly box: string;
  /** The shape of the output, without the batch. */
  readonly outputShape: readonly number[];
  readonly shift: readonly Change[];
  readonly rotation: readonly Change[];
  readonly scale: readonly Change[];
  /** The relative change if the input is replaced by another example, for comparison. */
  readonly other: number;
}

const OPTIONS = ['shifts', 'rotations', 'scales', 'examples', 'batchSize', 'onBatch'] as const;
const [ROTATIONS, SCALES] = [
  [5, 10, 15, 20, 25, 30],
  [0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4],
];

/**
 * Measures how invariant the boxes of a network are: how much the output y of each box changes when
 * the input x is shifted, rotated, and scaled by T,
 *
 *   change = √(Σ ‖y(T x) − y(x)‖² / Σ ‖y(x)‖²), summed over the examples.
 *
 * It is 0 for an output that does not change. A shift is the sum over shifts to the right and
 * downwards, and a rotation over both directions. The transformations interpolate bilinearly, and
 * beyond the border of the image the pixels of the border are repeated. To compare, `other` is the
 * change if x is replaced by the next example.
 *
 * Shapes: images [height, width, C].
 * Errors: an unknown option; examples that are not images, such as the rows of a table, which are
 *         images of one pixel; amounts that are not finite, or a scale
 *         that is not above 0; fewer than two examples; those of the boxes and the dataset.
 * Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 4.1 and figure 5, which shows the norm of
 *         the difference.
 *
 *     const boxes = await invariance(network, test, { shifts: [1, 2], examples: 100 });
 *     boxes[2].shift; // [{ amount: 1, change: 0.31 }, { amount: 2, change: 0.5 }]
 */
export async function invariance(
  network: AnyModule,
  data: Dataset,
  options: InvarianceOptions = {},
): Promise<BoxInvariance[]> {
  checkOptions('invariance', options, OPTIONS);
  const { batchSize = 100, rotations = ROTATIONS, scales = SCALES, onBatch } = options;
  if (network.arity === 'list')
    throw new InputError('invariance: expected a network that takes one tensor, got a list');
  const [height, width] = data.inputShape;
  if (data.inputShape.length !== 3 || height * width === 1) {
    throw new InputError(
      `invariance: expected images, got examples of shape ${show([...data.inputShape])}`,
    );
  }
  const shifts = options.shifts ?? defaultShifts(data.inputShape);
  const examples = Math.min(options.examples ?? 200, data.length);
  checkCounts('invariance', { examples, batchSize });
  if (examples < 2)
    throw new InputError(`invariance: expected at least two examples, got ${examples}`);
  checkAmounts({ shifts, rotations, scales });
  const jobs = [
    ...shifts.flatMap((amount) => [job('shift', amount, [amount, 0]), job('shift', amount, [0, amount])]), // prettier-ignore
    ...rotations.flatMap((amount) => [job('rotation', amount), job('rotation', -amount, undefined, amount)]), // prettier-ignore
    ...scales.map((amount) => job('scale', amount)),
  ];
  const boxes = new BoxOutputs(network, data.inputShape);
  const zeros = () => new Float64Array(boxes.boxes.length);
  const [norms, others] = [zeros(), zeros()];
  const sums = jobs.map(zeros);
  const addTo = (total: Float64Array, values: ArrayLike<number>) =>
    total.forEach((_, k) => (total[k] += values[k]));
  const count = Math.ceil(examples / batchSize) * (jobs.length + 1);
  let done = 0;
  const end = async () => {
    onBatch?.(++done, count);
    await yieldToEventLoop();
  };
  for (const indices of batches(examples, batchSize)) {
    const { input } = await imagesAt(data, indices);
    const outputs = boxes.map(input, (output) => output.clone());
    try {
      addTo(norms, await squares(tidy(() => outputs.map((y) => sum(square(y))))));
      const next = await imagesAt(
        data,
        indices.map((index) => (index + 1) % examples),
      );
      addTo(others, await changes(boxes, next.input, outputs));
      disposeTensors(next.input);
      await end();
      const pixels = await input.data();
      for (const [k, { transformation }] of jobs.entries()) {
        const values = transformed(pixels, data.inputShape, transformation);
        const moved = tensor(values, input.shape, 'float32');
        addTo(sums[k], await changes(boxes, moved, outputs));
        disposeTensors(moved);
        await end();
      }
    } finally {
      disposeTensors([input, outputs]);
    }
  }
  const curve = (kind: TransformKind, amounts: readonly number[], box: number): Change[] =>
    amounts.map((amount) => {
      const own = jobs.flatMap((one, k) => (one.kind === kind && one.amount === amount ? [k] : []));
      const total = own.reduce((all, k) => all + sums[k][box], 0);
      return { amount, change: Math.sqrt(total / own.length / norms[box]) };
    });
  return boxes.boxes.map(({ path, name, shape }, k) => ({
    path,
    box: name,
    outputShape: shape,
    shift: curve('shift', shifts, k),
    rotation: curve('rotation', rotations, k),
    scale: curve('scale', scales, k),
    other: Math.sqrt(others[k] / norms[k]),
  }));
}

/** One transformation that counts towards a point of a curve. */
interface Job {
  readonly kind: TransformKind;
  readonly amount: number;
  readonly transformation: Transformation;
}

function job(
  kind: TransformKind,
  value: number,
  shift: readonly [down: number, right: number] = [0, 0],
  amount = value,
): Job {
  const identity = { shift, degrees: 0, scale: 1 };
  const own = { shift: {}, rotation: { degrees: value }, scale: { scale: value } }[kind];
  return { kind, amount, transformation: { ...identity, ...own } };
}

/** Six shifts up to a fifth of the image's shorter side. */
function defaultShifts([height, width]: readonly number[]): number[] {
  const step = Math.max(1, Math.round(Math.min(height, width) / 30));
  return Array.from({ length: 6 }, (_, k) => (k + 1) * step);
}

function checkAmounts(amounts: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, values] of Object.entries(amounts)) {
    const wrong = values.find((value) => !Number.isFinite(value) || (name === 'scales' && value <= 0)); // prettier-ignore
    if (wrong === undefined) continue;
    const what = name === 'scales' ? 'numbers above 0' : 'finite numbers';
    throw new InputError(`invariance: expected ${name} to be ${what}, got ${show(wrong)}`);
  }
}

/** Computes Σ ‖y(moved) − y‖² for each box. */
function changes(boxes: BoxOutputs, moved: Tensor, outputs: readonly Tensor[]) {
  return squares(
    tidy(() => boxes.map(moved, (y, box) => tidy(() => sum(square(sub(y, outputs[box])))))),
  );
}

/** Reads scalars, and disposes them. */
async function squares(scalars: Tensor[]): Promise<ArrayLike<number>> {
  const all = tidy(() => stack(scalars));
  disposeTensors(scalars);
  try {
    return await all.data();
  } finally {
    disposeTensors(all);
  }
}

async function imagesAt(data: Dataset, indices: Int32Array): Promise<{ input: Tensor }> {
  const { input, ...rest } = await data.batch(indices);
  disposeTensors({ ...rest });
  return { input };
}
