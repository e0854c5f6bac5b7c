import { Tensor, type Variable } from '@tensorflow/tfjs-core';
import { Cost } from '../lib/cost.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context, Grads } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { type CheckedModule, type CheckedCost, type Case, type Input } from './case.ts';
import { Replay } from './replay.ts';

/** Something that a gradient is taken with respect to: an input or a parameter. */
export interface Quantity {
  /** `input`, `input:name` or `param:name`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The point at which gradients are taken. */
  readonly values: Float64Array;
}

/** A gradient for each quantity, by its name. */
export type FlatGradients = Record<string, { shape: readonly number[]; values: Float64Array }>;

/** The tensors of an input or output, with what tells them apart: '' for a single one. */
export function leaves(value: Input): [suffix: string, tensor: Tensor][] {
  if (value instanceof Tensor) return [['', value]];
  return Object.entries(value).map(([key, tensor]) => [`:${key}`, tensor]);
}

/** The same structure with other tensors in it. */
function rebuild(like: Input, make: (suffix: string, tensor: Tensor) => Tensor): Input {
  if (like instanceof Tensor) return make('', like);
  const made = leaves(like).map(
    ([suffix, tensor]) => [suffix.slice(1), make(suffix, tensor)] as const,
  );
  return Array.isArray(like) ? made.map(([, tensor]) => tensor) : Object.fromEntries(made);
}

/** An input with its numbers outside the graphics card: what an operation made, a card gives only to those who wait. */
export async function atHand(input: Input): Promise<Input> {
  const values = new Map<string, ArrayLike<number>>();
  for (const [suffix, tensor] of leaves(input)) values.set(suffix, await tensor.data());
  const copy = rebuild(input, (suffix, { shape }) => constant(values.get(suffix) ?? [], shape));
  disposeTensors(input);
  return copy;
}

/**
 * A box or cost as a function of numbers: its outputs at any values of its inputs and parameters, and its gradients
 * there. Values leave and enter as doubles.
 */
export class GradcheckTarget {
  readonly box: CheckedModule | CheckedCost;
  readonly quantities: readonly Quantity[];
  readonly #case: Case;
  /** By the name of the quantity. */
  readonly #params: ReadonlyMap<string, Variable>;
  #replay: Replay | undefined;
  /** What is known to give the same replayed as by a whole forward. */
  readonly #held = new Set<Quantity>();

  /**
   * Moves what starts as a constant off it, for a bias of 0 or a scale of 1 would hide mistakes. Weights that were drawn
   * stay as large as they are: a deep network would overflow with larger ones.
   */
  constructor(item: Case, rng: Rng) {
    this.#case = item;
    this.box = item.box;
    const { box } = item;
    this.#params = new Map(
      Object.entries(box instanceof Cost ? {} : box.params).map(([name, param]) => [
        `param:${name}`,
        param,
      ]),
    );
    const inputs = leaves(item.input).map(([suffix, tensor]) => quantity(`input${suffix}`, tensor));
    const params = [...this.#params].map(([name, param]) => {
      const moved = quantity(name, param);
      if (moved.values.every((value) => value === moved.values[0])) {
        moved.values.forEach((value, i) => (moved.values[i] = value + 0.3 * rng.normal()));
        assign(param, moved.values);
      }
      return moved;
    });
    this.quantities = [...inputs, ...params];
  }

  /** What `forward` takes besides the input; the same random numbers at every call. */
  get context(): Context | undefined {
    const { context } = this.#case;
    return context?.rng ? { ...context, rng: context.rng.clone() } : context;
  }

  /** The input at the current values; the caller disposes it. */
  input(): Input {
    const { input } = this.#case;
    return rebuild(input, (suffix, { shape }) => {
      const { values } = this.quantities.find(({ name }) => name === `input${suffix}`) ?? {
        values: [],
      };
      return constant(values, shape);
    });
  }

  /** All outputs, one after the other; a cost has one, its loss. */
  outputs(): Float64Array {
    return tidy(() => doubles(this.forward(this.input()).output));
  }

  /**
   * Keeps what each box of a container gives at the present point, so that `outputsBehind` need not run it again. Where
   * the boxes one after the other do not give what the container gives, nothing is kept.
   */
  remember(): void {
    this.forget();
    const { box } = this;
    if (box instanceof Cost || box.children().length === 0) return;
    tidy(() => {
      const inputs = leaves(this.input()).map(([, tensor]) => tensor);
      this.#replay = new Replay(box, inputs, this.context);
    });
    if (!same(this.#replayed(), this.outputs())) this.forget();
  }

  /** Lets go what `remember` keeps. */
  forget(): void {
    this.#replay?.dispose();
    this.#replay = undefined;
    this.#held.clear();
  }

  /**
   * All outputs, where a quantity alone has moved since `remember`: only the boxes behind it run again. What a whole
   * forward gives is the definition: each quantity is held to one until an output has moved, bit for bit, and at the first
   * difference nothing is replayed any more.
   */
  outputsBehind(moved: Quantity): Float64Array {
    if (this.#replay === undefined) return this.outputs();
    const replayed = this.#replayed(moved);
    if (this.#held.has(moved)) return replayed;
    const whole = this.outputs();
    if (!same(replayed, whole)) this.forget();
    else if (!same(whole, this.#replayed())) this.#held.add(moved);
    return whole;
  }

  #replayed(moved?: Quantity): Float64Array {
    return tidy(() => {
      const inputs = leaves(this.input()).map(([suffix, tensor]) => ({
        tensor,
        moved: `input${suffix}` === moved?.name,
      }));
      const param = moved && this.#params.get(moved.name);
      return doubles(this.#replay?.outputs(inputs, param) ?? []);
    });
  }

  /** A gradOutput tensor, or several, from numbers in the order of `outputs`. */
  gradOutput(like: Input, values: Float64Array): Input {
    let start = 0;
    return rebuild(like, (_, { size, shape }) =>
      constant(values.subarray(start, (start += size)), shape),
    );
  }

  /** Runs `body` with other values of the inputs, each made from its present one. */
  elsewhere<T>(move: (value: number) => number, body: () => T): T {
    const inputs = this.quantities.filter(({ name }) => !name.startsWith('param:'));
    const kept = inputs.map(({ values }) => Float64Array.from(values));
    inputs.forEach(({ values }) => values.set(values.map(move)));
    try {
      return body();
    } finally {
      inputs.forEach(({ values }, i) => values.set(kept[i]));
    }
  }

  /** The gradients by backpropToInput and backpropToParams, for numbers in the order of `outputs`. */
  gradients(gradOutput: Float64Array): FlatGradients {
    return tidy(() => {
      const { output, cache } = this.forward(this.input());
      return this.backward(output, cache, gradOutput);
    });
  }

  forward(input: Input): { output: Input; cache: unknown } {
    const { box } = this;
    if (!(box instanceof Cost)) return box.forward(input, this.context);
    const { target } = this.#case;
    if (!(input instanceof Tensor) || target === undefined) {
      throw new TypeError(
        `the case of the cost ${box.constructor.name} needs one input tensor and a target`,
      );
    }
    const { loss, cache } = box.forward(input, target);
    return { output: loss, cache };
  }

  /** The gradients from a cache. */
  backward(output: Input, cache: unknown, gradOutput: Float64Array): FlatGradients {
    return tidy(() => valuesOf(this.gradTensors(output, cache, gradOutput)));
  }

  /** The same as tensors, which the caller disposes: on a graphics card they are read later. */
  gradTensors(output: Input, cache: unknown, gradOutput: Float64Array): Record<string, Tensor> {
    const { box } = this;
    return tidy(() => {
      if (box instanceof Cost) return named(box.backpropToInput(cache), {});
      const grad = this.gradOutput(output, gradOutput);
      return named(box.backpropToInput(grad, cache), box.backpropToParams(grad, cache));
    });
  }

  /** Puts one number of a quantity; the point moves. */
  put(target: Quantity, index: number, value: number): void {
    target.values[index] = value;
    const param = this.#params.get(target.name);
    if (param) assign(param, target.values);
  }
}

/** Gradients as numbers, under the names of the quantities. */
export function collect(gradInput: Input, gradParams: Grads): FlatGradients {
  return valuesOf(named(gradInput, gradParams));
}

/** Gradients under the names of the quantities. */
function named(gradInput: Input, gradParams: Grads): Record<string, Tensor> {
  const gradients: Record<string, Tensor> = {};
  for (const [suffix, tensor] of leaves(gradInput)) gradients[`input${suffix}`] = tensor;
  for (const [name, tensor] of Object.entries(gradParams)) gradients[`param:${name}`] = tensor;
  return gradients;
}

function valuesOf(gradients: Readonly<Record<string, Tensor>>): FlatGradients {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, tensor]) => [name, numbers(tensor)]),
  );
}

export function doubles(value: Input): Float64Array {
  const parts = leaves(value).map(([, tensor]) => tensor.dataSync());
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}

/** To the bit, where neither is a NaN. */
function same(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function numbers(tensor: Tensor) {
  return { shape: tensor.shape, values: Float64Array.from(tensor.dataSync()) };
}

function quantity(name: string, tensor: Tensor): Quantity {
  return { name, ...numbers(tensor) };
}

function assign(param: Variable, values: Float64Array): void {
  const next = constant(values, param.shape);
  param.assign(next);
  disposeTensors(next);
}
