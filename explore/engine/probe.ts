import type { Tensor } from '@tensorflow/tfjs-core';
import { tidy } from '../../lib/memory.ts';
import type { AnyModule, Context } from '../../lib/module.ts';
import { argumentOf } from '../../lib/runBox.ts';
import { assign } from '../../gradcheck/target.ts';
import { mapValues, tensorsOf, type Microscope } from './microscope.ts';
import { oneHot, toTensor, toValue, zeros, type Element, type Value } from './values.ts';

/** The parameters of a box, by name. */
export type ParamValues = Readonly<Record<string, Value>>;

/** A box, with its inputs and its output in a chain. */
export interface ProbeOptions {
  readonly box: AnyModule;
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** Makes the context for a forward pass. */
  readonly context: () => Context | undefined;
}

/**
 * A box whose methods are functions of plain values, for inputs and parameters that the caller
 * chooses. After each call, the box has its own parameters again.
 */
export class BoxProbe {
  readonly box: AnyModule;
  /** The inputs of the box in the chain. */
  readonly inputs: readonly Value[];
  readonly params: ParamValues;
  readonly output: Value;
  readonly #context: () => Context | undefined;

  constructor({ box, inputs, output, context }: ProbeOptions) {
    this.box = box;
    this.inputs = inputs;
    this.params = mapValues(box.params, toValue);
    this.output = output;
    this.#context = context;
  }

  /** Makes the probe of box k of a microscope. */
  static at(microscope: Microscope, k: number): BoxProbe {
    const { activations } = microscope.snapshot();
    return new BoxProbe({
      box: microscope.boxes[k],
      inputs: activations[k],
      output: activations[k + 1][0],
      context: () => microscope.context,
    });
  }

  /** Computes x_out. */
  forward(inputs = this.inputs, params = this.params): Float64Array {
    return this.#with(params, () => {
      const output = this.box.infer(this.#argument(inputs), this.#context());
      return toValue(tensorsOf(output)[0]).values;
    });
  }

  /** Computes ∂C/∂x_in and ∂C/∂w for a given ∂C/∂x_out. */
  backward(gradOutput: Value, inputs = this.inputs, params = this.params) {
    return this.#with(params, () => {
      const { cache } = this.box.forward(this.#argument(inputs), this.#context());
      const grad = toTensor(gradOutput);
      return {
        gradInputs: tensorsOf(this.box.backpropToInput(grad, cache)).map(toValue),
        gradParams: mapValues<Tensor, Value>(this.box.backpropToParams(grad, cache), toValue),
      };
    });
  }

  /**
   * Lists the weights that are multiplied with an element of the input in output `i` of the box. If
   * this element is 1 and all others are 0, the derivative of the output with respect to such a
   * weight is 1. Returns undefined if the box throws for such an input.
   */
  weightsBetween(part: number, index: number, i: number): readonly Element[] | undefined {
    const none = this.inputs.map(zeros);
    const one = none.map((zero, p) => (p === part ? oneHot(zero.shape, index) : zero));
    const gradOutput = oneHot(this.output.shape, i);
    const slopes = (inputs: readonly Value[]) => {
      const { gradParams } = this.backward(gradOutput, inputs);
      return Object.keys(this.params).map((name) => gradParams[name].values);
    };
    return attempt(() => {
      const [at0, at1] = [slopes(none), slopes(one)];
      return at1.flatMap((values, tensor) =>
        [...values.keys()]
          .filter((k) => values[k] - at0[tensor][k] === 1)
          .map((k) => [tensor, k] as const),
      );
    });
  }

  #argument(inputs: readonly Value[]): unknown {
    return argumentOf(this.box, inputs.map(toTensor));
  }

  #with<T>(params: ParamValues, body: () => T): T {
    if (params === this.params) return tidy(body);
    const set = (values: ParamValues) => {
      for (const [name, value] of Object.entries(values)) {
        assign(this.box.params[name], value.values);
      }
    };
    set(params);
    try {
      return tidy(body);
    } finally {
      set(this.params);
    }
  }
}

/**
 * Runs a probe, and returns undefined if the box throws. For example, a normalization may not
 * accept a constant input.
 */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
