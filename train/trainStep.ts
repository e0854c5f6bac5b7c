import {
  add,
  concat,
  mul,
  slice,
  stack,
  tensor,
  zeros,
  zerosLike,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkOptions } from '../lib/check.ts';
import { constant, scalar } from '../lib/constant.ts';
import type { Cost } from '../lib/cost.ts';
import { InputError, show } from '../lib/errors.ts';
import { shareOf, type Share } from '../lib/group.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { BatchNormContext } from '../modules/batchNorm.ts';
import type { Grads, Module } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import type { StepCompiler } from '../lib/kernels/graph/stepCompiler.ts';
import { hostValues } from '../lib/kernels/backends/hostValues.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
import { ActivationCheck } from './activationCheck.ts';
import { findNonFinite } from './findNonFinite.ts';
import type { GradientExchange } from './gradientExchange.ts';
import { wholeBatch, type WholeBatch } from './wholeBatch.ts';

/** The part of an optimizer that `trainStep` uses. */
export interface Optimizer {
  /** The learning rate. If there is a schedule, the `Trainer` sets it before each step. */
  learningRate: number;
  /** Updates the parameters with their gradients. The caller still owns the gradients. */
  step(grads: Grads): void;
}

/** The options of `trainStep`. */
export interface TrainStepOptions {
  /** The network to train. */
  readonly network: Module;
  /** The cost of the network's output and the target. */
  readonly cost: Cost;
  /** The optimizer of the network's parameters. */
  readonly optimizer: Optimizer;
  /** A batch of inputs. */
  readonly input: Tensor;
  /** The target of the cost: labels or values, one per example. */
  readonly target: Tensor;
  /**
   * The number of parts in which the batch is computed, one after the other; 1 by default. The step
   * then needs the memory of one part.
   */
  readonly accumulate?: number;
  /** Required by boxes that draw random numbers in training, such as `Dropout`. */
  readonly rng?: Rng;
  /** The number of the step, which error messages state. */
  readonly step?: number;
  /**
   * Receives the output and the gradients before the update, if all values of the step are finite.
   * The step awaits the callback, and then disposes the output and the gradients.
   */
  readonly beforeUpdate?: (computed: { output: Tensor; grads: Grads }) => void | Promise<void>;
  /**
   * Runs the two parts of the step, gradients and update, as graphs on TensorFlow. The caller uses
   * the same compiler for all steps, and disposes it.
   */
  readonly compiler?: StepCompiler;
  /**
   * Makes all ranks of a group do the step together: each rank calls `trainStep` with its part of
   * the batch, which may be empty, and all get the loss and the update of the whole batch. The
   * caller uses the same exchange for all steps.
   */
  readonly exchange?: GradientExchange;
  /**
   * The place of the examples in the batch of all ranks. Without it, the ranks exchange the sizes
   * of their parts in each step.
   */
  readonly share?: Share;
  /**
   * Whether BatchNorm uses the statistics of the examples of all ranks; by default it uses those of
   * each rank.
   */
  readonly syncBatchNorm?: boolean;
}

/**
 * Does one training step:
 *
 *   x_out = F(x_in, w)        forward
 *   C = C(x_out, y)           the cost, and ∂C/∂x_out
 *   ∂C/∂w                     one backward pass
 *   w ← w − ...               the optimizer
 *
 * With `accumulate`, the batch is divided into parts r of consecutive examples, whose sizes differ
 * by at most one. With the divisor S_r of the mean of a part (see `Cost.divisorOf`) and S = Σ_r
 * S_r,
 *
 *   C = Σ_r (S_r/S) C_r        ∂C/∂w = Σ_r (S_r/S) ∂C_r/∂w
 *
 * or plain sums for the reduction 'sum'. This is the step of the whole batch, except for rounding,
 * also if examples have weights: random numbers are those of the whole batch. Only a BatchNorm
 * normalizes each part with the statistics of that part, and updates its running statistics once
 * per part. With `syncBatchNorm`, the statistics are those of the whole batch on all ranks:
 *
 *   μ = Σ_r Σ_{i in r} x_i/n
 *   ∂C/∂x_i depends on Σ_r Σ_{j in r} ∂C/∂y_j and on Σ_r Σ_{j in r} ∂C/∂y_j x̂_j
 *
 * Every part needs μ before its forward pass goes on, and these sums before its backward pass does.
 * So at each BatchNorm the activations of all parts would be in memory at once, which `accumulate`
 * avoids. Both together are refused.
 *
 * The step leaves no tensors behind, except those that the optimizer keeps. It waits for only one
 * small tensor, which holds the loss and whether the gradients and the parameters are finite.
 *
 * Shapes: input as for the network, target as for the cost.
 * Errors: those of the boxes; a loss, gradient, parameter, input or activation that is NaN or
 *         infinite (the message names the box that first produced such a value). If the step
 *         throws, no parameter and no buffer has changed.
 * Limits: two kinds of infinite activations are not found: one on which no output depends, such as
 *         a pixel between the windows of a pool; and one inside a box that runs other boxes but is
 *         not a `Container`.
 * Source: lecture, "Backpropagation: summary".
 * @returns C of the whole batch, computed before w changes.
 *
 *     const optimizer = new SGD(network.params, { learningRate: 0.1 });
 *     const loss = await trainStep({ network, cost, optimizer, input, target });
 */
export async function trainStep(options: TrainStepOptions): Promise<number> {
  checkOptions('trainStep', options, OPTIONS);
  const { network, cost, optimizer, rng, step, beforeUpdate, compiler, accumulate = 1 } = options;
  const { exchange, syncBatchNorm = false } = options;
  if (!Number.isSafeInteger(accumulate) || accumulate < 1) {
    throw new InputError(
      `trainStep: expected accumulate to be an integer of at least 1, got ${show(accumulate)}`,
    );
  }
  if (accumulate > 1 && syncBatchNorm) {
    throw new InputError(
      'trainStep: expected accumulate or syncBatchNorm, got both; with syncBatchNorm, add ranks in place of parts',
    );
  }
  const batch = wholeBatch(exchange?.group, cost, options);
  const isEmpty = batch.share?.count === 0;
  const run: StepCompiler['run'] = compiler?.run ?? ((part) => part());
  const before: BatchNormContext = {
    mode: 'training',
    ...(rng && { rng: rng.clone() }),
    ...(batch.share && { share: batch.share }),
  };
  const buffers = Object.entries(network.buffers).map(([name, buffer]) => ({
    name,
    buffer,
    kept: buffer.clone(),
  }));
  const parts = partsOf(options, batch, accumulate);
  // The gradients of a part are not complete, so they are sent after the last part.
  const streams = parts.length === 1 ? exchange : undefined;
  let grads: Grads = {};
  let activations: ActivationCheck | undefined;
  const computed: Computed[] = [];
  /** Computes a part, and adds its gradients to those of the parts before. */
  const runPart = (part: Part): Computed => {
    const { input, target, scale } = part;
    const keptBuffers = buffers.map(({ buffer }) => buffer.clone());
    // Each part draws the random numbers of the whole batch, so all start in the same state.
    let random = part === parts[parts.length - 1] ? rng : before.rng?.clone();
    let found = new ActivationCheck(input);
    activations = found;
    const compute = () =>
      tidy(() => {
        const context: BatchNormContext = {
          ...before,
          ...(part.share && { share: part.share }),
          ...(random && { rng: random }),
          afterBox: (box, x, output) => {
            found.afterBox(box, x, output);
            streams?.afterForward(box);
          },
          ...(syncBatchNorm && exchange && { batchNormGroup: exchange.group }),
        };
        const { output, cache } = network.forward(input, context);
        // A cost can hide an infinity too, such as a score of −∞ for a class that is not the
        // target.
        found.add(output);
        const { loss, gradOutput } = costOf(output, scale, cost, target);
        network.updateBuffers(cache);
        if (beforeUpdate === undefined) disposeTensors(output);
        const seen = isEmpty ? zeros([0, ...output.shape.slice(1)]) : output;
        const own = network.backpropParams(gradOutput, cache, (box, gradParams) =>
          streams?.add(box, gradParams),
        );
        const sums = addGrads(grads, own);
        // The parameters and the input are checked too. The loss can be finite although one of
        // their values is not, for example because a max pool hides the value.
        const finite = [Object.values(sums), Object.values(network.params), [input]].map(
          zeroIfFinite,
        );
        const verdicts = stack([loss, ...finite, ...found.sums]);
        return { grads: sums, output: beforeUpdate && [seen], verdicts };
      });
    const undo = () => {
      buffers.forEach(({ buffer }, i) => buffer.assign(keptBuffers[i]));
      disposeTensors(found.sums);
      activations = found = new ActivationCheck(input);
      random = before.rng?.clone();
      streams?.restart();
    };
    try {
      // A forward pass with `syncBatchNorm` cannot run again, because the other ranks would not
      // take part, so there is no `undo`.
      return run(compute, syncBatchNorm && exchange ? undefined : undo);
    } finally {
      disposeTensors([keptBuffers, found.sums]);
    }
  };
  let whole: Tensor | undefined;
  try {
    exchange?.begin();
    for (const part of parts) {
      const result = runPart(part);
      disposeTensors(grads);
      grads = result.grads;
      computed.push(result);
    }
    let [loss, broken] = [0, undefined as string | undefined];
    for (const [r, { verdicts }] of computed.entries()) {
      const [partLoss, ...values] = await verdicts.data();
      loss += parts.length === 1 ? partLoss : partLoss * parts[r].lossScale;
      broken ??= brokenPart(partLoss, values, isEmpty);
    }
    const { input, target } = isEmpty ? parts[0] : options;
    const problem = broken && (await problemOf(broken, { options, input, target, before }));
    let total = loss;
    if (exchange !== undefined) {
      const own = grads;
      // Only the buffers that the step has changed are averaged. The others are equal on all ranks,
      // and averaging would round their values.
      const updated = buffers.filter(({ buffer, kept }) => buffer.dataId !== kept.dataId);
      const rank = {
        grads: own,
        buffers: Object.fromEntries(updated.map(({ name, buffer }) => [name, buffer])),
        batch,
        loss,
        problem,
      };
      ({ grads, loss: total } = await exchange.finish(rank));
      disposeTensors(own);
      await requireFiniteSums(grads, step);
    } else if (problem !== undefined) throw new InputError(problem);
    if (beforeUpdate !== undefined) {
      const outputs = computed.flatMap(({ output = [] }) => output);
      whole = outputs.length === 1 ? outputs[0].clone() : tidy(() => concat(outputs, 0));
      await beforeUpdate({ output: whole, grads });
    }
    run(() => optimizer.step(grads));
    return total;
  } catch (error) {
    await exchange?.drain();
    for (const { buffer, kept } of buffers) if (!buffer.isDisposed) buffer.assign(kept);
    throw error;
  } finally {
    disposeTensors([grads, whole, activations?.sums, buffers.map(({ kept }) => kept)]);
    disposeTensors(computed.map(({ output, verdicts }) => [output, verdicts]));
    disposeTensors(parts.flatMap(({ own }) => own));
  }
}

/** The results of a part of a batch. `grads` are the sums over this part and those before it. */
interface Computed {
  readonly grads: Grads;
  readonly output: Tensor[] | undefined;
  readonly verdicts: Tensor;
}

/** A part of a batch that is computed at once. */
interface Part {
  readonly input: Tensor;
  readonly target: Tensor;
  /** The place of the examples in the whole batch. */
  readonly share?: Share | undefined;
  /** The factor of the gradient; 0 if the examples do not count. */
  readonly scale: number;
  /** The factor of the loss in the loss of this rank. */
  readonly lossScale: number;
  /** The tensors that belong to the part. */
  readonly own: readonly Tensor[];
}

/** Divides a batch into parts that are not empty. */
function partsOf(
  { input, target, cost }: TrainStepOptions,
  { share, scale }: WholeBatch,
  accumulate: number,
): Part[] {
  const [examples] = input.shape;
  if (share?.count === 0) {
    // Boxes refuse a batch without examples, so zeros that do not count stand in for it.
    const standIn = zeros([1, ...input.shape.slice(1)]);
    return [{ input: standIn, target, share, scale, lossScale: 1, own: [standIn] }];
  }
  const count = Math.min(accumulate, examples);
  if (count <= 1) return [{ input, target, share, scale, lossScale: 1, own: [] }];
  const { from: first, of } = share ?? { from: 0, of: examples };
  const isMean = cost.reduction === 'mean';
  const parts = Array.from({ length: count }, (_, rank) => {
    const { from, count: size } = shareOf({ rank, size: count }, examples);
    const own = [slice(input, from, size), targetOf(target, from, size)];
    const divisor = isMean ? cost.divisorOf(own[1]) : 1;
    return { own, divisor, share: { from: first + from, count: size, of } };
  });
  const total = isMean ? parts.reduce((sum, { divisor }) => sum + divisor, 0) : 1;
  if (total === 0) {
    // No example counts, so the batch stays one part. The cost then throws, because there is
    // nothing to average, unless other ranks have examples that count.
    disposeTensors(parts.map(({ own }) => own));
    return [{ input, target, share, scale, lossScale: 1, own: [] }];
  }
  return parts.map(({ own, divisor, share }) => {
    const lossScale = divisor / total;
    return { input: own[0], target: own[1], share, scale: scale * lossScale, lossScale, own };
  });
}

/** Returns the targets of a part. If they are in main memory, so are those of the part. */
function targetOf(target: Tensor, from: number, size: number): Tensor {
  const values = hostValues(target);
  if (values === undefined) return slice(target, from, size);
  const row = target.size / target.shape[0];
  const own = values.slice(from * row, (from + size) * row);
  const shape = [size, ...target.shape.slice(1)];
  return target.dtype === 'float32'
    ? constant(own, shape as [number])
    : tensor(own, shape, target.dtype);
}

/** Adds gradients to those of earlier parts, which the caller still owns. */
function addGrads(earlier: Grads, grads: Grads): Grads {
  return Object.fromEntries(
    Object.entries(grads).map(([name, grad]) => [
      name,
      name in earlier ? add(earlier[name], grad) : grad,
    ]),
  );
}

/**
 * Returns the first kind of values of a part that are not all finite; undefined if all are finite.
 */
function brokenPart(
  loss: number,
  [gradsVerdict, paramsVerdict, inputVerdict, ...sums]: readonly number[],
  isEmpty: boolean,
): string | undefined {
  const verdicts = [
    ['loss', !Number.isFinite(loss)],
    ['gradient', gradsVerdict !== 0],
    ['parameter', paramsVerdict !== 0],
    ['input', inputVerdict !== 0],
    ['activation', !isEmpty && !sums.every(Number.isFinite)],
  ] as const;
  return verdicts.find(([, isBad]) => isBad)?.[0];
}

/**
 * Returns a message about values that are not finite, with the place of the first one. To find the
 * place, the step runs again. Returns undefined if only the sum of finite activations has
 * overflowed.
 */
async function problemOf(
  broken: string,
  {
    options: { network, cost, step, exchange },
    input,
    target,
    before,
  }: {
    readonly options: TrainStepOptions;
    readonly input: Tensor;
    readonly target: Tensor;
    readonly before: BatchNormContext;
  },
): Promise<string | undefined> {
  const when = step === undefined ? '' : ` at step ${step}`;
  const again = findNonFinite({ network, cost, input, target, context: before });
  // On one rank of several, the examples may be too few for a BatchNorm. Then the place stays
  // unknown.
  const where = await (exchange ? again.catch(() => undefined) : again);
  // The check sums activations, and a sum of large ones can overflow although all are finite.
  if (broken === 'activation' && where === undefined) return undefined;
  return `non-finite ${broken}${when}: first in ${where ?? 'no box when the step is run again'}`;
}

/** Computes C of a part of a batch, and `scale` times ∂C/∂x. */
function costOf(
  output: Tensor,
  scale: number,
  cost: Cost,
  target: Tensor,
): { loss: Scalar; gradOutput: Tensor } {
  // If no example counts, the cost would throw, because there is nothing to average.
  if (scale === 0) return { loss: scalar(0), gradOutput: zerosLike(output) };
  const { loss, cache } = cost.forward(output, target);
  const gradOutput = cost.backpropToInput(cache);
  disposeTensors(cache);
  return { loss, gradOutput: scale === 1 ? gradOutput : mul(gradOutput, scalar(scale)) };
}

/** Finite gradients of the ranks can have an infinite sum. */
async function requireFiniteSums(grads: Grads, step: number | undefined): Promise<void> {
  const verdict = tidy(() => zeroIfFinite(Object.values(grads)));
  const [value] = await verdict.data();
  disposeTensors(verdict);
  if (value === 0) return;
  const when = step === undefined ? '' : ` at step ${step}`;
  throw new InputError(`non-finite gradient${when}: first in the sum over the ranks`);
}

const OPTIONS = [
  'network',
  'cost',
  'optimizer',
  'input',
  'target',
  'accumulate',
  'rng',
  'step',
  'beforeUpdate',
  'compiler',
  'exchange',
  'share',
  'syncBatchNorm',
] as const;
