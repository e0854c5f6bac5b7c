import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeTensors } from '../../../lib/memory.ts';
import type { Grads, Params } from '../../../lib/module.ts';
import { layerStats, snapshot, type LayerStats } from '../../../train/layerStats.ts';
import type { Optimizer } from '../../../train/trainStep.ts';

/** An optimizer that can store what `layerStats` needs: the weights before a step, and ∂C/∂w. */
export class WatchedOptimizer implements Optimizer {
  /** Whether the weights and gradients of the next steps are stored. */
  watching = false;
  readonly #inner: Optimizer;
  readonly #params: Params;
  #kept: { before: Record<string, Tensor>; grads: Record<string, Tensor> } | undefined;

  constructor(inner: Optimizer, params: Params) {
    this.#inner = inner;
    this.#params = params;
  }

  get learningRate(): number {
    return this.#inner.learningRate;
  }

  set learningRate(rate: number) {
    this.#inner.learningRate = rate;
  }

  step(grads: Grads): void {
    this.forget();
    if (this.watching) this.#kept = { before: snapshot(this.#params), grads: snapshot(grads) };
    this.#inner.step(grads);
  }

  /** Computes the statistics of the last step, if its weights and gradients were stored. */
  async measure(): Promise<LayerStats[] | undefined> {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    const stats = await layerStats({ params: this.#params, ...kept });
    this.forget();
    return stats;
  }

  /** Disposes the stored weights and gradients. */
  forget(): void {
    disposeTensors(this.#kept);
    this.#kept = undefined;
  }
}
