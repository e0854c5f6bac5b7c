import type { Value } from './values.ts';

/** A box of the chain with its parameters and their gradients. */
export interface BoxView {
  /** The class of the box. */
  readonly name: string;
  /** The description of the box, as on the slides. */
  readonly description: string;
  readonly params: Readonly<Record<string, Value>>;
  /** The names of individual weights, such as `w_13`, by parameter. */
  readonly names?: WeightNames;
  /** ∂C/∂w of each parameter. */
  readonly gradParams: Readonly<Record<string, Value>>;
  /**
   * The state of the box that is saved with the parameters but not learned, such as a running mean.
   */
  readonly buffers: Readonly<Record<string, Value>>;
  /**
   * The state after the update by this batch. It is undefined if the box does not update its state.
   */
  readonly nextBuffers?: Readonly<Record<string, Value>>;
}

/** The names of the elements of each parameter. */
export type WeightNames = Readonly<Record<string, readonly string[]>>;

/** All numbers of a chain of boxes at one input. */
export interface Snapshot {
  /** The values x at each place: the input of the chain, and then the output of each box. */
  readonly activations: readonly (readonly Value[])[];
  /** ∂C/∂x at each place. */
  readonly gradients: readonly (readonly Value[])[];
  readonly boxes: readonly BoxView[];
  readonly loss: number;
  /** The class and the target of the cost. It is undefined if C = Σ g · x_out with a given g. */
  readonly cost?: { readonly name: string; readonly target: Value };
}
