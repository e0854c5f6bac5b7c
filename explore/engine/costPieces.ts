import { tensor1d } from '@tensorflow/tfjs-core';
import { tidy } from '../../lib/memory.ts';
import type { Microscope } from './microscope.ts';
import { attempt } from './probe.ts';
import { MOST, near } from './terms.ts';
import { toTensor, toValue, zeros, type Value } from './values.ts';

/** A part of the batch, and the cost of only this part. */
export interface Piece {
  readonly name: string;
  readonly x: Value;
  readonly y: Value;
  /** The indices of the part's elements in x. `targets` are the indices in the target. */
  readonly at: readonly number[];
  readonly targets: readonly number[];
  readonly loss: number;
  readonly gradient: Float64Array;
  /** a, the weight of this part's cost in C. */
  readonly weight: number;
}

/** Computes the cost of a microscope for parts of its batch, and for other targets. */
export class CostPieces {
  readonly #cost: NonNullable<Microscope['cost']>;
  readonly #x: Value;
  readonly #y: Value;
  readonly #gradient: Float64Array;

  constructor(microscope: Microscope, cost: NonNullable<Microscope['cost']>) {
    const { activations, gradients, cost: shown } = microscope.snapshot();
    const { length } = microscope.boxes;
    this.#cost = cost;
    this.#x = activations[length][0];
    this.#y = shown?.target ?? cost.target;
    this.#gradient = gradients[length][0].values;
  }

  /**
   * If the target has the shape of x, returns one piece per element. Returns undefined if the cost
   * does not accept one of them.
   */
  elements(): readonly Piece[] | undefined {
    const { shape, values } = this.#x;
    if (this.#cost.labels || values.length > MOST) return undefined;
    const one = shape.map(() => 1);
    const element = (of: Value, i: number) => ({ shape: one, values: of.values.slice(i, i + 1) });
    const pieces = [...values.keys()].map((i) => {
      const [x, y] = [element(this.#x, i), element(this.#y, i)];
      return this.#piece({ name: 'one element', x, y, at: [i], targets: [i] });
    });
    return pieces.every((piece) => piece !== undefined) ? pieces : undefined;
  }

  /** Returns one piece per example. Returns undefined if the cost does not accept one of them. */
  examples(): readonly Piece[] | undefined {
    const [examples, ...rest] = this.#x.shape;
    const size = this.#x.values.length / examples;
    if (examples > MOST) return undefined;
    const pieces = Array.from({ length: examples }, (_, n) => {
      const at = Array.from({ length: size }, (_, k) => n * size + k);
      const x = { shape: [1, ...rest], values: this.#x.values.slice(n * size, (n + 1) * size) };
      const y = this.#cost.labels
        ? { shape: [1], values: this.#y.values.slice(n, n + 1) }
        : { shape: x.shape, values: this.#y.values.slice(n * size, (n + 1) * size) };
      return this.#piece({ name: 'this example', x, y, at, targets: this.#cost.labels ? [n] : at });
    });
    return pieces.every((piece) => piece !== undefined) ? pieces : undefined;
  }

  /**
   * Runs the cost on a piece. The cost may throw for a piece whose gradient is 0, such as an
   * example with an ignored label; its loss is then 0. If the cost throws for any other piece, the
   * result is undefined.
   */
  #piece(part: Omit<Piece, 'loss' | 'gradient' | 'weight'>): Piece | undefined {
    const here = part.at.map((index) => this.#gradient[index]);
    const run = this.run(part.x, part.y);
    if (run === undefined) {
      if (here.some((g) => g !== 0)) return undefined;
      return { ...part, loss: 0, gradient: zeros(part.x).values, weight: 1 };
    }
    const k = run.gradient.findIndex((g) => Math.abs(g) > 1e-3);
    const ratio = k < 0 ? 1 : here[k] / run.gradient[k];
    const weight = [1, 1 / this.#x.shape[0]].find((one) => near(one, ratio)) ?? ratio;
    return { ...part, ...run, weight };
  }

  /**
   * Computes the loss and ∂C/∂x for the given input and target. Returns undefined if the cost does
   * not accept them. If the cost takes labels, the target may also be probabilities that have the
   * shape of x.
   */
  run(x: Value, y: Value) {
    return attempt(() =>
      tidy(() => {
        const { cost, labels } = this.#cost;
        const target =
          labels && y.shape.length === 1 ? tensor1d([...y.values], 'int32') : toTensor(y);
        const { loss, cache } = cost.forward(toTensor(x), target);
        const gradient = toValue(cost.backpropToInput(cache)).values;
        return { loss: loss.dataSync()[0], gradient };
      }),
    );
  }
}
