import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, isTensor } from '../lib/check.ts';
import { constant, newValues } from '../lib/constant.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';
import { topResponses } from './topResponses.ts';
import { checkRule, traceFor } from './traceFor.ts';

/** The options of `projectUnit`. */
export interface ProjectUnitOptions {
  /** A batch of examples, for example images [N, H, W, C]. */
  readonly input: Tensor;
  /** The path of a box or container: `2`, `stage1.0.residual.body.conv1`. */
  readonly box: string;
  /** The index of a channel of the box's output, or of an element of a vector. */
  readonly unit: number;
  /** The rule by which the signal goes back; `'deconvnet'` by default. */
  readonly rule?: ProjectionRule;
}

/**
 * Shows in the input to what a unit responds. In the output y of the box, only the largest response
 * of the unit to each example is kept, and all other values are set to 0. This signal goes back to
 * the input through the `project` of each box:
 *
 *   signal   r[n, place, unit] = y[n, place, unit] at the largest, else 0
 *   back     r_in = project(r_out) of each box, from the last to the first
 *
 * With the rule `'deconvnet'`, this is the deconvolutional network: it puts the signal where the
 * maximum of each pooling window was, rectifies it, and filters it with the transposed filters.
 *
 * Shapes: input as for the network; the result has the input's shape. The caller disposes it.
 * Errors: an unknown option or rule; a box or unit that does not exist; those of the boxes.
 * Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 2.1; for `'guided'`, Springenberg,
 *         Dosovitskiy, Brox, Riedmiller 2014, arXiv:1412.6806, section 3.4.
 *
 *     const seen = await projectUnit(network, { input: images, box: '5', unit: 3 });
 */
export async function projectUnit(
  network: AnyModule,
  options: ProjectUnitOptions,
): Promise<Tensor> {
  checkOptions('projectUnit', options, ['input', 'box', 'unit', 'rule']);
  const { input, box, unit, rule = 'deconvnet' } = options;
  checkRule('projectUnit', rule);
  if (!isTensor(input))
    throw new InputError(`projectUnit: expected input to be a tensor, got ${show(input)}`);
  const trace = traceFor('projectUnit', network, box, input.shape.slice(1));
  const units = trace.outputShape[trace.outputShape.length - 1];
  if (!Number.isSafeInteger(unit) || unit < 0 || unit >= units) {
    throw new InputError(
      `projectUnit: expected a unit of ${box} from 0 to ${units - 1}, got ${show(unit)}`,
    );
  }
  const output = trace.infer(input);
  const values = await output.data();
  disposeTensors(output);
  const [examples] = input.shape;
  const kept = newValues(values.length);
  const indices = Int32Array.from({ length: examples }, (_, n) => n);
  const { top } = topResponses(values, { unit, units, examples: indices, perExample: 1 });
  const size = values.length / examples;
  for (const { example, place, response } of top)
    kept[example * size + place * units + unit] = response;
  const signal = constant(kept, [examples, ...trace.outputShape]);
  const projection = trace.project(input, signal, rule);
  disposeTensors(signal);
  return projection;
}
