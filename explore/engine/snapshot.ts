import type { Value } from './values.ts';

/** A box of the chain with its parameters and their gradients. */
export interface BoxView {
  /** The class of the box. */
  readonly name: string;
  /** The box in the words of the slides. */
  readonly description: string;
  readonly params: Readonly<Record<string, Value>>;
  /** The names of single weights, such as `w_13`, by parameter. */
  readonly names?: WeightNames;
  /** ∂C/∂w of each parameter. */
  readonly gradParams: Readonly<Record<string, Value>>;
  /** The state that is saved with the parameters but not learned, such as a running mean. */
  readonly buffers: Readonly<Record<string, Value>>;
  /** The state after this batch; absent unless the box updates it. */
  readonly nextBuffers?: Readonly<Record<string, Value>>;
}

/** The names of the elements of parameters. */
export type WeightNames = Readonly<Record<string, readonly string[]>>;

/** All numbers of a chain of boxes at one input. */
export interface Snapshot {
  /** The values x at each place: the input, then the output of each box. */
  readonly activations: readonly (readonly Value[])[];
  /** ∂C/∂x at each place. */
  readonly gradients: readonly (readonly Value[])[];
  readonly boxes: readonly BoxView[];
  readonly loss: number;
  /** The cost's class and target; absent if C = Σ g · x_out with a given g. */
  readonly cost?: { readonly name: string; readonly target: Value };
}
