import {
  add,
  mul,
  neg,
  rsqrt,
  type Rank,
  type Tensor,
  type Tensor1D,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { ChannelMap } from '../lib/channelMap.ts';
import {
  checkGradOutput,
  checkOptions,
  checkPositiveFloat,
  checkSize,
  checkTrailingAxes,
  checkTrailingShape,
  isTraining,
} from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { BoxError, show } from '../lib/errors.ts';
import { createParam, fill } from '../lib/init/initializers.ts';
import { tidy } from '../lib/memory.ts';
import { plus, times } from '../lib/kernels/elementwise/arithmetic.ts';
import {
  normGradSums,
  scaleAndShiftFeatures,
  scaleFeatures,
  shiftFeatures,
  standardize,
  standardizeToInput,
  type Standardized,
  type StandardizedGrads,
} from '../lib/kernels/normalize/features.ts';
import {
  standardizeAcross,
  standardizeToInputAcross,
  type AcrossRanks,
} from '../lib/kernels/normalize/acrossRanks.ts';
import type { Group } from '../lib/group.ts';
import { numElements } from '../lib/shapes.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import {
  Module,
  type Context,
  type ForwardResult,
  type Gradients,
  type Grads,
} from '../lib/module.ts';

/** The options of `BatchNorm`. */
export interface BatchNormOptions {
  /** ε, added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** The weight of a new batch in the running statistics, from 0 to 1; 0.1 by default. */
  readonly momentum?: number;
  /** Whether the box has a learned scale γ and shift β; true by default. */
  readonly affine?: boolean;
}

/** The values that `BatchNorm` keeps for its backward methods and for `updateBuffers`. */
export interface BatchNormCache {
  /** x̂, in the shape of the input. */
  readonly normalized: Tensor;
  /** 1/√(σ² + ε), [features]. */
  readonly invStd: Tensor1D;
  /**
   * The mean and variance of the batch, with which `updateBuffers` updates the running statistics.
   * They are present only in training.
   */
  readonly batch?: { readonly mean: Tensor1D; readonly variance: Tensor1D };
  /** The other ranks, if they computed μ and σ² together with this one. */
  readonly across?: AcrossRanks;
}

/** The parts of a context that only BatchNorm reads. */
export interface BatchNormContext extends Context {
  /**
   * The ranks whose examples have one μ and one σ² in training, as if one process had them all.
   * Without it, each process uses the statistics of its own examples.
   */
  readonly batchNormGroup?: Group;
  /** Receives the input of each BatchNorm before its forward pass, for `finalizeBatchNorm`. */
  readonly onBatchNorm?: (box: BatchNorm, input: Tensor) => void;
}

/**
 * Batch normalization: each feature is normalized to mean 0 and variance 1 over the batch, and then
 * multiplied by a learned scale and shifted. In training, with i over the m values of a feature
 * (examples, and positions of an image):
 *
 *   forward            μ = (1/m) Σ_i x_i        σ² = (1/m) Σ_i (x_i − μ)²
 *                      x̂_i = (x_i − μ)/√(σ² + ε)        y_i = γ x̂_i + β
 *   backpropToInput    ∂C/∂x_i = γ/√(σ² + ε) · (g_i − (1/m) Σ_j g_j − x̂_i (1/m) Σ_j g_j x̂_j)
 *                      with g = ∂C/∂y
 *   backpropToParams   ∂C/∂γ = Σ_i g_i x̂_i        ∂C/∂β = Σ_i g_i
 *
 * The two means in ∂C/∂x are the parts of the gradient that pass through μ and through σ². In
 * inference μ and σ² are the constants in the buffers, so these parts are 0:
 * ∂C/∂x_i = γ/√(σ² + ε) · g_i. From the cache, the backward methods know whether the forward pass
 * was in training or in inference.
 *
 * If the context has a `batchNormGroup`, i and j run over the values of a feature on all ranks of
 * the group, and m counts these. ∂C/∂γ and ∂C/∂β are still sums over the values of this rank.
 *
 * Only `updateBuffers` changes the buffers. They follow the training batches:
 * running ← (1 − momentum) running + momentum new, with σ² m/(m − 1) as the new variance.
 * `finalizeBatchNorm` sets them to the statistics of a whole training set, as in the lecture's
 * final phase.
 *
 * Shapes: input, output, gradOutput [N, ..., features]; weight (γ), bias (β), runningMean,
 *         runningVar [features].
 * Errors: an input or gradOutput of the wrong shape or dtype; in training, one value per feature,
 *         which has no variance; an unknown mode; features below 1; an eps that is not above 0; a
 *         momentum outside 0 ... 1.
 * Source: lecture, "Batch normalization"; Ioffe & Szegedy 2015, arXiv:1502.03167. Initially γ = 1,
 *         β = 0, the running mean 0 and variance 1.
 *
 *     const box = new BatchNorm(64);
 *     const { output, cache } = box.forward(images, { mode: 'training' });   // [N, H, W, 64]
 */
export class BatchNorm extends Module<Tensor, Tensor, BatchNormCache> {
  override readonly params: {
    readonly weight?: Variable<Rank.R1>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly buffers: {
    readonly runningMean: Variable<Rank.R1>;
    readonly runningVar: Variable<Rank.R1>;
  };
  override readonly noDecay = ['weight', 'bias'];
  override readonly hidesInfinity = false;
  readonly features: number;
  readonly eps: number;
  readonly momentum: number;

  constructor(features: number, options: BatchNormOptions = {}) {
    super();
    checkOptions(this, options, ['eps', 'momentum', 'affine']);
    const { eps = 1e-5, momentum = 0.1, affine = true } = options;
    checkSize(this, 'features', features);
    checkPositiveFloat(this, 'eps', eps);
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new BoxError(
        ['BatchNorm'],
        `expected momentum to be a number from 0 to 1, got ${show(momentum)}`,
      );
    }
    this.features = features;
    this.eps = eps;
    this.momentum = momentum;
    const fan = { fanIn: 1, fanOut: 1 };
    const vector = (name: string, value: number) =>
      createParam<Rank.R1>(this, name, [features], fan, fill(value));
    this.params = affine ? { weight: vector('weight', 1), bias: vector('bias', 0) } : {};
    this.buffers = { runningMean: vector('runningMean', 0), runningVar: vector('runningVar', 1) };
  }

  forward(input: Tensor, context?: BatchNormContext): ForwardResult<Tensor, BatchNormCache> {
    checkTrailingShape(this, input, [this.features]);
    const training = isTraining(this, context);
    context?.onBatchNorm?.(this, input);
    const { weight, bias } = this.params;
    const group = training ? context?.batchNormGroup : undefined;
    return tidy(() => {
      const own = input.size / this.features;
      if (training && group === undefined) this.#checkValues(own, input);
      const standardized: Standardized & { readonly across?: AcrossRanks } = group
        ? standardizeAcross(group, input, this.eps, context?.share?.count !== 0)
        : training
          ? standardize(input, this.eps)
          : this.#byRunning(input);
      const { normalized, mean, variance, invStd, across } = standardized;
      const m = across?.values ?? own;
      if (training) this.#checkValues(m, input);
      const output =
        weight && bias ? scaleAndShiftFeatures(normalized, weight, bias) : normalized.clone();
      if (!training) return { output, cache: { normalized, invStd } };
      const batch = { mean, variance: mul<Tensor1D>(variance, scalar(m / (m - 1))) };
      return { output, cache: { normalized, invStd, batch, ...(across && { across }) } };
    });
  }

  backpropToInput(gradOutput: Tensor, cache: BatchNormCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, cache.normalized.shape);
    return tidy(() => {
      if (cache.batch === undefined) return scaleFeatures(gradOutput, this.#scale(cache.invStd));
      return this.#throughStatistics(gradOutput, cache).gradInput;
    });
  }

  override backpropToParams(gradOutput: Tensor, { normalized }: BatchNormCache): Grads {
    checkGradOutput(this, 'backpropToParams', gradOutput, normalized.shape);
    if (!this.params.weight) return {};
    const { products, sums } = normGradSums(gradOutput, normalized);
    return { weight: products, bias: sums };
  }

  /** Computes both gradients from the same two sums. */
  override backprop(gradOutput: Tensor, cache: BatchNormCache): Gradients<Tensor> {
    if (cache.batch === undefined) return super.backprop(gradOutput, cache);
    checkGradOutput(this, 'backprop', gradOutput, cache.normalized.shape);
    return tidy(() => {
      const { gradInput, products, sums } = this.#throughStatistics(gradOutput, cache);
      return { gradInput, gradParams: this.params.weight ? { weight: products, bias: sums } : {} };
    });
  }

  /**
   * Updates the running statistics with the statistics of one batch, if its forward pass was in
   * training.
   */
  override updateBuffers({ batch }: BatchNormCache): void {
    if (batch === undefined) return;
    const follow = (running: Variable, value: Tensor) =>
      tidy(() => {
        const [kept, taken] = [scalar(1 - this.momentum), scalar(this.momentum)];
        running.assign(plus(times(running, kept), times(value, taken)));
      });
    follow(this.buffers.runningMean, batch.mean);
    follow(this.buffers.runningVar, batch.variance);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkTrailingAxes(this, input, [this.features]);
    const positions = numElements(input.slice(1, -1));
    // A single value has no variance. If an example has only one position, a batch therefore needs
    // two examples.
    return { ...sameShape(input, 'elementwise'), ...(positions === 1 && { trainingExamples: 2 }) };
  }

  override forInput(input: Shape): BatchNorm {
    const { eps, momentum, params } = this;
    return new BatchNorm(input[input.length - 1], { eps, momentum, affine: 'weight' in params });
  }

  /** With the running statistics, scale = γ/√(σ² + ε) and shift = β − μ · scale. */
  override channelMap(): ChannelMap {
    const { runningMean } = this.buffers;
    return tidy(() => {
      const { bias } = this.params;
      const scale = this.#scale(this.#runningInvStd());
      const moved = neg<Tensor1D>(mul(runningMean, scale));
      return { scale, shift: bias ? add<Tensor1D>(moved, bias) : moved };
    });
  }

  override describe(): string {
    return `BatchNorm of ${this.features} channels`;
  }

  /** ∂C/∂x with the parts through μ and σ², and the sums of ∂C/∂γ and ∂C/∂β. */
  #throughStatistics(
    gradOutput: Tensor,
    { normalized, invStd, across }: BatchNormCache,
  ): StandardizedGrads {
    const scale = this.#scale(invStd);
    return across === undefined
      ? standardizeToInput(gradOutput, normalized, scale)
      : standardizeToInputAcross(across, gradOutput, normalized, scale);
  }

  #checkValues(values: number, { shape }: Tensor): void {
    if (values >= 2) return;
    throw new BoxError(
      ['BatchNorm.forward'],
      `expected more than 1 value per feature in training, got an input of shape [${shape.join(', ')}]`,
    );
  }

  /** γ/√(σ² + ε) */
  #scale(invStd: Tensor1D): Tensor1D {
    return this.params.weight ? mul(this.params.weight, invStd) : invStd;
  }

  /** 1/√(σ² + ε) with the running variance. */
  #runningInvStd(): Tensor1D {
    return rsqrt(add<Tensor1D>(this.buffers.runningVar, scalar(this.eps)));
  }

  #byRunning(input: Tensor): Standardized {
    const { runningMean: mean, runningVar: variance } = this.buffers;
    const invStd = this.#runningInvStd();
    return {
      normalized: scaleFeatures(shiftFeatures(input, neg(mean)), invStd),
      mean,
      variance,
      invStd,
    };
  }
}
