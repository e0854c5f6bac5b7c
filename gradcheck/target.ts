import { Tensor, type Variable } from '@tensorflow/tfjs-core';
import { constant } from '../lib/constant.ts';
import { Cost } from '../lib/cost.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context, Grads } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import type { Case, CheckedModule, Input } from './case.ts';
import { Replay } from './replay.ts';

/** A tensor whose values are in main memory, as doubles. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** An input or a parameter whose gradient is checked, with the values at which it is checked. */
export interface CheckedTensor extends HostTensor {
  /** The name: `input`, `input:name` or `param:name`. */
  readonly name: string;
}

/** Outputs that depend on values, which finite differences change one at a time. */
export type Probed = Pick<GradcheckTarget, 'setValue' | 'outputsAfterChange'>;

/** The gradient of each checked tensor, by the tensor's name. */
export type HostGradients = Record<string, HostTensor>;

/**
 * Lists the tensors of an input or output. Each has the suffix of its name, which is '' for a
 * single tensor.
 */
export function tensorsOf(value: Input): [suffix: string, tensor: Tensor][] {
  if (value instanceof Tensor) return [['', value]];
  return Object.entries(value).map(([key, tensor]) => [`:${key}`, tensor]);
}

/** Makes an input or output that has the same structure but other tensors. */
function mapTensors(value: Input, make: (suffix: string, tensor: Tensor) => Tensor): Input {
  if (value instanceof Tensor) return make('', value);
  const made = tensorsOf(value).map(
    ([suffix, tensor]) => [suffix.slice(1), make(suffix, tensor)] as const,
  );
  return Array.isArray(value) ? made.map(([, tensor]) => tensor) : Object.fromEntries(made);
}

/**
 * Replaces an input by constants with the same values, which can be read synchronously on every
 * backend. (A GPU returns the result of an operation only asynchronously.) Disposes the input.
 */
export async function toConstants(input: Input): Promise<Input> {
  const values = new Map<string, ArrayLike<number>>();
  for (const [suffix, tensor] of tensorsOf(input)) values.set(suffix, await tensor.data());
  const copy = mapTensors(input, (suffix, { shape }) => constant(values.get(suffix) ?? [], shape));
  disposeTensors(input);
  return copy;
}

/**
 * A box or cost as a function of double-precision values. It computes outputs and gradients for any
 * values of the inputs and parameters.
 */
export class GradcheckTarget {
  readonly box: CheckedModule | Cost;
  /** The inputs, followed by the parameters. */
  readonly tensors: readonly CheckedTensor[];
  readonly #case: Case;
  /** The parameters, by the name of the checked tensor. */
  readonly #params: ReadonlyMap<string, Variable>;
  #replay: Replay | undefined;
  /**
   * The tensors for which the replay has been shown to give the same outputs as a complete forward
   * pass.
   */
  readonly #replayable = new Set<CheckedTensor>();

  constructor(item: Case) {
    this.#case = item;
    this.box = item.box;
    const { box } = item;
    this.#params = new Map(
      Object.entries(box instanceof Cost ? {} : box.params).map(([name, param]) => [
        `param:${name}`,
        param,
      ]),
    );
    const inputs = tensorsOf(item.input).map(([suffix, tensor]) => ({
      name: `input${suffix}`,
      ...toHost(tensor),
    }));
    const params = [...this.#params].map(([name, param]) => ({ name, ...toHost(param) }));
    this.tensors = [...inputs, ...params];
  }

  /**
   * Changes parameters whose values are all equal, because a bias of 0 or a scale of 1 would hide
   * mistakes. Random weights are not changed, because with larger weights a deep network might
   * overflow.
   */
  moveEqualParams(rng: Rng): void {
    for (const { name, values } of this.tensors) {
      const param = this.#params.get(name);
      if (param === undefined || values.some((value) => value !== values[0])) continue;
      values.forEach((value, i) => (values[i] = value + 0.3 * rng.normal()));
      assign(param, values);
    }
  }

  /** The context for `forward`. It gives the same random numbers at every call. */
  get context(): Context | undefined {
    const { context } = this.#case;
    return context?.rng ? { ...context, rng: context.rng.clone() } : context;
  }

  /** Makes the input with the current values. The caller disposes it. */
  input(): Input {
    const { input } = this.#case;
    return mapTensors(input, (suffix, { shape }) => {
      const { values } = this.tensors.find(({ name }) => name === `input${suffix}`) ?? {
        values: [],
      };
      return constant(values, shape);
    });
  }

  /** Computes all outputs, in one list. A cost has one output, its loss. */
  outputs(): Float64Array {
    return tidy(() => concatValues(this.forward(this.input()).output));
  }

  /**
   * Records the output of each box of a container at the current point, so that
   * `outputsAfterChange` runs fewer boxes.
   *
   * @returns false, without recording anything, if running the boxes one by one does not give the
   *   outputs of the container.
   */
  startReplay(): boolean {
    this.stopReplay();
    const { box } = this;
    if (box instanceof Cost || box.children().length === 0) return true;
    tidy(() => {
      const inputs = tensorsOf(this.input()).map(([, tensor]) => tensor);
      this.#replay = new Replay(box, inputs, this.context);
    });
    const replays = equal(this.#replayedOutputs(), this.outputs());
    if (!replays) this.stopReplay();
    return replays;
  }

  /** Disposes the recorded outputs. */
  stopReplay(): void {
    this.#replay?.dispose();
    this.#replay = undefined;
    this.#replayable.clear();
  }

  /**
   * Computes all outputs after one tensor has changed since `startReplay`. Only the boxes that
   * depend on the tensor run again. At first a complete forward pass runs as well, and its outputs
   * are compared bit for bit with those of the replay. If they differ, the replay is not used any
   * more. As soon as a change of the tensor has changed an output and both agree, only the replay
   * runs for this tensor.
   */
  outputsAfterChange(changed: CheckedTensor): Float64Array {
    if (this.#replay === undefined) return this.outputs();
    const replayed = this.#replayedOutputs(changed);
    if (this.#replayable.has(changed)) return replayed;
    const whole = this.outputs();
    if (!equal(replayed, whole)) this.stopReplay();
    else if (!equal(whole, this.#replayedOutputs())) this.#replayable.add(changed);
    return whole;
  }

  #replayedOutputs(changed?: CheckedTensor): Float64Array {
    return tidy(() => {
      const inputs = tensorsOf(this.input()).map(([suffix, tensor]) => ({
        tensor,
        changed: `input${suffix}` === changed?.name,
      }));
      const param = changed && this.#params.get(changed.name);
      return concatValues(this.#replay?.outputs(inputs, param) ?? []);
    });
  }

  /** Makes the gradOutput tensors from values that are in the order of `outputs`. */
  gradOutput(output: Input, values: Float64Array): Input {
    let start = 0;
    return mapTensors(output, (_, { size, shape }) =>
      constant(values.subarray(start, (start += size)), shape),
    );
  }

  /**
   * Runs `body` with other input values, which `move` computes from the current ones. Afterwards
   * the values are restored.
   */
  atOtherInputs<T>(move: (value: number) => number, body: () => T): T {
    const inputs = this.tensors.filter(({ name }) => !name.startsWith('param:'));
    const before = inputs.map(({ values }) => Float64Array.from(values));
    inputs.forEach(({ values }) => values.set(values.map(move)));
    try {
      return body();
    } finally {
      inputs.forEach(({ values }, i) => values.set(before[i]));
    }
  }

  /**
   * Computes the gradients with backpropToInput and backpropToParams. The values of `gradOutput`
   * are in the order of `outputs`.
   */
  gradients(gradOutput: Float64Array): HostGradients {
    return tidy(() => {
      const { output, cache } = this.forward(this.input());
      return this.backward(output, cache, gradOutput);
    });
  }

  /** Runs `forward` of the box. The caller disposes the output and the cache. */
  forward(input: Input): { output: Input; cache: unknown } {
    const { box } = this;
    if (!(box instanceof Cost)) return box.forward(input, this.context);
    const { target } = this.#case;
    if (!(input instanceof Tensor) || target === undefined) {
      throw new TypeError(
        `expected the case of the cost ${box.constructor.name} to have one input tensor and a target`,
      );
    }
    const { loss, cache } = box.forward(input, target);
    return { output: loss, cache };
  }

  /** Computes the gradients from a cache, and reads their values synchronously. */
  backward(output: Input, cache: unknown, gradOutput: Float64Array): HostGradients {
    return tidy(() => toHostGradients(this.gradTensors(output, cache, gradOutput)));
  }

  /**
   * Computes the gradients from a cache and returns them as tensors, because a GPU can return their
   * values only later. The caller disposes them.
   */
  gradTensors(output: Input, cache: unknown, gradOutput: Float64Array): Record<string, Tensor> {
    return tidy(() => this.backwardTensors(this.gradOutput(output, gradOutput), cache));
  }

  /**
   * Computes the gradients from a cache and returns them as tensors, for a gradOutput that is
   * already a tensor. A cost ignores gradOutput.
   */
  backwardTensors(gradOutput: Input, cache: unknown): Record<string, Tensor> {
    const { box } = this;
    if (box instanceof Cost) return gradientsByName(box.backpropToInput(cache), {});
    return gradientsByName(
      box.backpropToInput(gradOutput, cache),
      box.backpropToParams(gradOutput, cache),
    );
  }

  /**
   * Sets one value of a checked tensor. If the tensor is a parameter, the parameter of the box is
   * set too.
   */
  setValue(tensor: CheckedTensor, index: number, value: number): void {
    tensor.values[index] = value;
    this.store(tensor);
  }

  /** Copies the values of a checked tensor into the parameter of the box, if it is one. */
  store(tensor: CheckedTensor): void {
    const param = this.#params.get(tensor.name);
    if (param) assign(param, tensor.values);
  }
}

/** Collects gradients under the names of the checked tensors. */
export function gradientsByName(gradInput: Input, gradParams: Grads): Record<string, Tensor> {
  const gradients: Record<string, Tensor> = {};
  for (const [suffix, tensor] of tensorsOf(gradInput)) gradients[`input${suffix}`] = tensor;
  for (const [name, tensor] of Object.entries(gradParams)) gradients[`param:${name}`] = tensor;
  return gradients;
}

/** Reads gradients synchronously. A GPU cannot do this. */
export function toHostGradients(gradients: Readonly<Record<string, Tensor>>): HostGradients {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, tensor]) => [name, toHost(tensor)]),
  );
}

/** Returns the values of all tensors, in one list. */
export function concatValues(value: Input): Float64Array {
  const parts = tensorsOf(value).map(([, tensor]) => tensor.dataSync());
  const all = new Float64Array(parts.reduce((size, part) => size + part.length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}

/** Assigns values to a variable, in the precision of the backend in use. */
export function assign(variable: Variable, values: ArrayLike<number>): void {
  const next = constant(values, variable.shape);
  variable.assign(next);
  disposeTensors(next);
}

/** Returns whether two lists have equal values and no NaN. */
function equal(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function toHost(tensor: Tensor): HostTensor {
  return { shape: tensor.shape, values: Float64Array.from(tensor.dataSync()) };
}
