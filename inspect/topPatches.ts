import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Interval } from '../lib/facts.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { cutOut, type TopPatch } from './cutOut.ts';
import { answersOf, better, type Answer } from './topAnswers.ts';
import { Trace } from './trace.ts';

export interface TopPatchesOptions {
  /** The path of a box or container: `2`, `stage1.0.residual.body.conv1`. */
  readonly box: string;
  /** Channels of the box's output, or numbers of its vector; all by default. */
  readonly units?: readonly number[];
  /** Patches of each unit, 9 by default. */
  readonly count?: number;
  /** Patches of one record at most, 1 by default. */
  readonly perExample?: number;
  /** Looks at so many of the first records, by default all. */
  readonly examples?: number;
  /** 100 by default. */
  readonly batchSize?: number;
}

export interface UnitPatches {
  readonly unit: number;
  /** The largest response first. */
  readonly patches: readonly TopPatch[];
  /**
   * The smallest response to any record at any place; that of the first patch where the unit
   * ignores the input.
   */
  readonly least: number;
  /**
   * The first box on the way that states no window, if there is one; the patches are whole examples
   * then.
   */
  readonly unknownWindow?: string;
}

/**
 * The parts of a data set that a unit of a network answers to most: for a channel of an image, at
 * the place of its largest response, what its receptive field covers there; for a number of a
 * vector the whole record. Where responses are alike the first record, and in it the first place,
 * wins. A response that is no number is none.
 *
 * The receptive field is that of all ways from the input to the unit, with the borders of every box
 * on them. Its gradient is that of the one response, by `backpropToInput` of the boxes from there
 * to the input.
 *
 * Errors: `topPatches: expected box to be one of 0, 1, 2, got "7"`; `topPatches: expected units of
 *         2 from 0 to 19, got 20`; options that are no integers of at least 1; those of the boxes
 *         and the dataset.
 * Source: Zeiler & Fergus 2013, arXiv:1311.2901, figure 2; Simonyan et al. 2013, arXiv:1312.6034,
 *         for the gradient.
 */
export async function topPatches(
  network: AnyModule,
  data: Dataset,
  options: TopPatchesOptions,
): Promise<UnitPatches[]> {
  const { box, count = 9, perExample: perRecord = 1, batchSize = 100 } = options;
  const records = Math.min(options.examples ?? data.length, data.length);
  for (const [name, value] of Object.entries({ count, perRecord, records, batchSize })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new InputError(
      `topPatches: expected ${name} to be an integer of at least 1, got ${show(value)}`,
    );
  }
  const trace = traced(network, box, data.inputShape);
  const all = trace.outputShape[trace.outputShape.length - 1];
  const units = options.units ?? Array.from({ length: all }, (_, unit) => unit);
  const invalid = units.find((unit) => !(Number.isSafeInteger(unit) && unit >= 0 && unit < all));
  if (invalid !== undefined || units.length === 0) {
    throw new InputError(
      `topPatches: expected units of ${box} from 0 to ${all - 1}, got ${invalid === undefined ? 'none' : show(invalid)}`,
    );
  }
  const best = units.map((unit) => ({ unit, answers: [] as readonly Answer[], least: Infinity }));
  for (const some of batches(records, batchSize)) {
    const batch = await data.batch(some);
    const output = trace.infer(batch.input);
    const responses = await output.data();
    disposeTensors([batch, output]);
    for (const one of best) {
      const { top, least } = answersOf(responses, one.unit, all, some, perRecord);
      one.answers = better(one.answers, top, count);
      one.least = Math.min(one.least, least);
    }
    await yieldToEventLoop();
  }
  const wanted = best.flatMap(({ unit, answers }) =>
    answers.map((answer) => ({ ...answer, unit })),
  );
  const patches = await cutOut(trace, data, wanted, batchSize);
  const reach = trace.spanOfInput(trace.outputShape.map((size): Interval => [0, size - 1]));
  const unknown = reach !== undefined && 'unknown' in reach && { unknownWindow: reach.unknown };
  return best.map(({ unit, answers, least }) => ({
    unit,
    least,
    ...unknown,
    patches: patches.splice(0, answers.length),
  }));
}

function traced(...args: ConstructorParameters<typeof Trace>): Trace {
  try {
    return new Trace(...args);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`topPatches: ${error.message}`);
  }
}
