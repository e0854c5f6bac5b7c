import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Interval } from '../lib/facts.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';
import { cutOut, type TopPatch } from './cutOut.ts';
import { mergeTop, topResponses, type PlacedResponse } from './topResponses.ts';
import { checkCounts, checkRule, traceFor } from './traceFor.ts';

/** The options of `topPatches`. */
export interface TopPatchesOptions {
  /** The path of a box or container: `2`, `stage1.0.residual.body.conv1`. */
  readonly box: string;
  /**
   * The units that are examined: indices of channels of the box's output, or of elements if it is a
   * vector; all by default.
   */
  readonly units?: readonly number[];
  /** The number of patches per unit, 9 by default. */
  readonly count?: number;
  /** The largest number of patches that one example can contribute to a unit; 1 by default. */
  readonly perExample?: number;
  /** The number of examples that are searched, starting with the first one; all by default. */
  readonly examples?: number;
  /** The number of examples per batch, 100 by default. */
  readonly batchSize?: number;
  /** The rule that makes `projection` of each patch; `'gradient'` by default. */
  readonly rule?: ProjectionRule;
  /** Receives the number of examples that have been searched, and the number of all. */
  readonly onExamples?: (done: number, examples: number) => void;
}

const OPTIONS = [
  'box',
  'units',
  'count',
  'perExample',
  'examples',
  'batchSize',
  'rule',
  'onExamples',
] as const;

/** The patches to which a unit responds most. */
export interface UnitPatches {
  /** The index of the channel, or of the element of a vector. */
  readonly unit: number;
  /** The patches, largest response first. */
  readonly patches: readonly TopPatch[];
  /**
   * The smallest response to any example at any place. If the unit does not depend on the input,
   * this equals the response of the first patch.
   */
  readonly least: number;
  /**
   * A box between the input and the unit that does not state its window, if there is one. The
   * patches are then whole examples.
   */
  readonly unknownWindow?: string;
}

/**
 * Finds the parts ("patches") of a dataset's examples to which the units of a box respond most. For
 * a channel of an image, a patch is the receptive field of the place with the largest response. For
 * an element of a vector, it is the part of the example on which the element depends; after a
 * Linear, this is the whole example. If responses are equal, the first example and its first place
 * are used. NaN is ignored.
 *
 * The receptive field includes all paths from the input to the unit, and takes the borders of every
 * box on these paths into account. The gradient of a patch is ∂ response/∂ patch. It is computed by
 * `backpropToInput` of the boxes between the input and the unit, and the projection by their
 * `project`.
 *
 * Errors: an unknown option; `topPatches: expected box to be one of 0, 1, 2, got "7"`;
 *         `topPatches: expected units of 2 from 0 to 19, got 20`; a number in the options that is
 *         not an integer of at least 1; an unknown rule; those of the boxes and the dataset.
 * Source: Zeiler & Fergus 2013, arXiv:1311.2901, figure 2; Simonyan et al. 2013, arXiv:1312.6034,
 *         for the gradient.
 *
 *     const [{ patches }] = await topPatches(network, test, { box: '2', units: [5], count: 4 });
 *     console.log(patches[0].example, patches[0].place, patches[0].response);
 */
export async function topPatches(
  network: AnyModule,
  data: Dataset,
  options: TopPatchesOptions,
): Promise<UnitPatches[]> {
  checkOptions('topPatches', options, OPTIONS);
  const { box, count = 9, perExample = 1, batchSize = 100, rule = 'gradient' } = options;
  const examples = Math.min(options.examples ?? data.length, data.length);
  checkCounts('topPatches', { count, perExample, examples, batchSize });
  checkRule('topPatches', rule);
  const trace = traceFor('topPatches', network, box, data.inputShape);
  const all = trace.outputShape[trace.outputShape.length - 1];
  const units = options.units ?? Array.from({ length: all }, (_, unit) => unit);
  const invalid = units.find((unit) => !(Number.isSafeInteger(unit) && unit >= 0 && unit < all));
  if (invalid !== undefined || units.length === 0) {
    throw new InputError(
      `topPatches: expected units of ${box} from 0 to ${all - 1}, got ${invalid === undefined ? 'none' : show(invalid)}`,
    );
  }
  const best = units.map((unit) => ({
    unit,
    responses: [] as readonly PlacedResponse[],
    least: Infinity,
  }));
  for (const indices of batches(examples, batchSize)) {
    const batch = await data.batch(indices);
    const output = trace.infer(batch.input);
    const values = await output.data();
    disposeTensors([batch, output]);
    for (const one of best) {
      const { unit } = one;
      const batchOptions = { unit, units: all, examples: indices, perExample };
      const { top, least } = topResponses(values, batchOptions);
      one.responses = mergeTop(one.responses, top, count);
      one.least = Math.min(one.least, least);
    }
    options.onExamples?.(indices[indices.length - 1] + 1, examples);
    await yieldToEventLoop();
  }
  const chosen = best.flatMap(({ unit, responses }) =>
    responses.map((response) => ({ ...response, unit })),
  );
  const patches = await cutOut(trace, data, chosen, { batchSize, rule });
  const span = trace.spanOfInput(trace.outputShape.map((size): Interval => [0, size - 1]));
  const unknown = span !== undefined && 'unknown' in span && { unknownWindow: span.unknown };
  return best.map(({ unit, responses, least }) => ({
    unit,
    least,
    ...unknown,
    patches: patches.splice(0, responses.length),
  }));
}
