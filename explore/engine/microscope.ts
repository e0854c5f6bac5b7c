import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../../lib/cost.ts';
import { InputError } from '../../lib/errors.ts';
import { tidy } from '../../lib/memory.ts';
import type { AnyModule, Context, Grads } from '../../lib/module.ts';
import { argumentOf } from '../../lib/runBox.ts';
import { nameOf } from '../../lib/check.ts';
import { assign } from '../../gradcheck/target.ts';
import { SGD } from '../../optim/sgd.ts';
import type { Ref } from './refs.ts';
import { valueAt } from './valueAt.ts';
import type { BoxView, Snapshot, WeightNames } from './snapshot.ts';
import { toTensor, toValue, withElement, type Value } from './values.ts';

/** The chain of boxes that a microscope shows, and its input. */
export interface MicroscopeOptions {
  readonly boxes: readonly AnyModule[];
  /** The input: one value, or one value per tensor if the box takes a list. */
  readonly input: readonly Value[];
  /**
   * Either the cost and its target, or ∂C/∂x_out of the last box. In the latter case C is Σ
   * g · x_out, because g is the gradient of this sum.
   */
  readonly cost?: { readonly cost: Cost; readonly target: Value; readonly labels?: boolean };
  readonly gradOutput?: Value;
  /** The context of every forward pass; inference by default. */
  readonly context?: Context;
  /** The names of individual weights of each box, if they have names. */
  readonly names?: readonly WeightNames[];
}

/**
 * A chain of boxes of which every value and every gradient can be examined, in double precision.
 * All numbers come from the boxes' own methods. The backend in use must be `float64`.
 *
 *     const microscope = new Microscope({ boxes: [new Tanh()], input: [x], gradOutput: g });
 *     const { activations, gradients } = microscope.snapshot();
 */
export class Microscope {
  readonly boxes: readonly AnyModule[];
  readonly cost: MicroscopeOptions['cost'];
  readonly #context: Context | undefined;
  readonly #names: readonly WeightNames[];
  #input: readonly Value[];
  #target: Value | undefined;
  #gradOutput: Value | undefined;
  #snapshot: Snapshot | undefined;

  constructor({ boxes, input, cost, gradOutput, context, names = [] }: MicroscopeOptions) {
    this.boxes = boxes;
    this.cost = cost;
    this.#context = context;
    this.#names = names;
    this.#input = input;
    this.#target = cost?.target;
    this.#gradOutput = gradOutput;
  }

  /** The context for a forward pass. It gives the same random numbers at every call. */
  get context(): Context | undefined {
    const context = this.#context;
    return context?.rng ? { ...context, rng: context.rng.clone() } : context;
  }

  /** Runs the chain forward and backward. The result is stored until a number changes. */
  snapshot(): Snapshot {
    this.#snapshot ??= tidy(() => this.#run());
    return this.#snapshot;
  }

  #run(): Snapshot {
    const activations: Value[][] = [[...this.#input]];
    const caches: unknown[] = [];
    let x: unknown = this.argument(0, this.#input.map(toTensor));
    for (const box of this.boxes) {
      const { output, cache } = box.forward(x, this.context);
      caches.push(cache);
      activations.push(tensorsOf(output).map(toValue));
      x = output;
    }
    const { loss, gradOutput } = this.lossOf(x as Tensor);
    let grad: unknown = toTensor(gradOutput);
    const gradients: Value[][] = [[gradOutput]];
    const boxes: BoxView[] = [];
    for (let k = this.boxes.length - 1; k >= 0; k--) {
      const box = this.boxes[k];
      const buffers = mapValues(box.buffers, toValue);
      const nextBuffers = this.#updated(box, buffers, caches[k]);
      const gradParams = box.backpropToParams(grad, caches[k]);
      boxes.unshift({
        name: nameOf(box),
        description: box.describe(),
        params: mapValues(box.params, toValue),
        ...(this.#names[k] && { names: this.#names[k] }),
        gradParams: mapValues(gradParams, toValue),
        buffers,
        ...(nextBuffers && { nextBuffers }),
      });
      grad = box.backpropToInput(grad, caches[k]);
      gradients.unshift(tensorsOf(grad).map(toValue));
    }
    const { cost } = this;
    return {
      activations,
      gradients,
      boxes,
      loss,
      ...(cost && { cost: { name: nameOf(cost.cost), target: this.#target ?? cost.target } }),
    };
  }

  /**
   * Returns the state that a box would have after its update by this batch. The box itself is not
   * changed.
   */
  #updated(box: AnyModule, buffers: Readonly<Record<string, Value>>, cache: unknown) {
    if (this.#context?.mode !== 'training' || Object.keys(buffers).length === 0) return undefined;
    box.updateBuffers(cache);
    const next = mapValues(box.buffers, toValue);
    for (const [name, { values }] of Object.entries(buffers)) assign(box.buffers[name], values);
    const isSame = Object.entries(next).every(([name, { values }]) =>
      values.every((value, i) => value === buffers[name].values[i]),
    );
    return isSame ? undefined : next;
  }

  /** Returns the argument of box k: one tensor, or a list if the box takes one. */
  argument(k: number, tensors: Tensor[]): unknown {
    const box = this.boxes[k];
    return box === undefined ? tensors[0] : argumentOf(box, tensors);
  }

  /** Computes C and ∂C/∂x_out from the output of the last box. */
  lossOf(output: Tensor): { loss: number; gradOutput: Value } {
    return tidy(() => {
      const { cost } = this;
      if (cost !== undefined) {
        const { loss, cache } = cost.cost.forward(output, this.target());
        const gradOutput = toValue(cost.cost.backpropToInput(cache));
        return { loss: loss.dataSync()[0], gradOutput };
      }
      const gradOutput = this.#gradOutputFor(output);
      const x = output.dataSync();
      return { loss: gradOutput.values.reduce((sum, g, i) => sum + g * x[i], 0), gradOutput };
    });
  }

  /** Returns the given ∂C/∂x_out. It must have the shape of the output. */
  #gradOutputFor(output: Tensor): Value {
    const given = this.#gradOutput;
    const shape = `[${output.shape.join(', ')}]`;
    if (given === undefined) throw new InputError(`expected ∂C/∂x_out of shape ${shape}, got none`);
    if (given.shape.join() !== output.shape.join()) {
      throw new InputError(`expected ∂C/∂x_out of shape ${shape}, got [${given.shape.join(', ')}]`);
    }
    return given;
  }

  /**
   * Returns the target as a tensor, which has integers if it is class labels. The caller disposes
   * it.
   */
  target(): Tensor {
    const target = this.#target;
    if (target === undefined) throw new InputError('expected a target for the cost, got none');
    return this.cost?.labels ? tensor1d([...target.values], 'int32') : toTensor(target);
  }

  /** Returns the value at an address. */
  read(ref: Ref): number {
    return valueAt(this.snapshot(), ref);
  }

  /**
   * Returns whether a reader may change the number at an address. All other numbers are computed.
   */
  isEditable(ref: Ref): boolean {
    switch (ref.kind) {
      case 'activation':
        return ref.place === 0;
      case 'gradient':
        return ref.place === this.boxes.length && this.cost === undefined;
      case 'param':
      case 'buffer':
      case 'target':
        return true;
      default:
        return false;
    }
  }

  /**
   * Changes a number: an input, a weight, a target, a given gradient, or a number of the state of a
   * box.
   */
  write(ref: Ref, element: number): void {
    if (!this.isEditable(ref)) {
      throw new InputError(
        'expected an input, a weight, a target or a given ∂C/∂x_out, got a number that follows from these',
      );
    }
    if (!Number.isFinite(element)) {
      throw new InputError(`expected a finite number, got ${element}`);
    }
    if (ref.kind === 'target' && this.cost?.labels && !Number.isSafeInteger(element)) {
      throw new InputError(`target: expected the number of a class, got ${element}`);
    }
    switch (ref.kind) {
      case 'activation':
        this.#input = this.#input.map((value, part) =>
          part === ref.part ? withElement(value, ref.index, element) : value,
        );
        break;
      case 'gradient':
        if (this.#gradOutput) this.#gradOutput = withElement(this.#gradOutput, ref.index, element);
        break;
      case 'param': {
        const param = this.boxes[ref.box].params[ref.name];
        assign(param, withElement(toValue(param), ref.index, element).values);
        break;
      }
      case 'buffer': {
        const buffer = this.boxes[ref.box].buffers[ref.name];
        assign(buffer, withElement(toValue(buffer), ref.index, element).values);
        break;
      }
      case 'target':
        if (this.#target) this.#target = withElement(this.#target, ref.index, element);
    }
    this.#snapshot = undefined;
  }

  /** Makes one step of gradient descent, w ← w − η ∂C/∂w, with the optimizer `SGD`. */
  step(learningRate: number): void {
    const { boxes } = this.snapshot();
    tidy(() => {
      boxes.forEach(({ gradParams }, k) => {
        const grads: Grads = mapValues(gradParams, toTensor);
        new SGD(this.boxes[k].params, { learningRate }).step(grads);
      });
    });
    this.#snapshot = undefined;
  }

  /** Returns copies of all parameters, which `restore` can set again. */
  save(): readonly Readonly<Record<string, Value>>[] {
    return this.snapshot().boxes.map(({ params }) => params);
  }

  /** Restores parameters that `save` has returned. */
  restore(saved: readonly Readonly<Record<string, Value>>[]): void {
    saved.forEach((params, k) => {
      for (const [name, { values }] of Object.entries(params)) {
        assign(this.boxes[k].params[name], values);
      }
    });
    this.#snapshot = undefined;
  }

  /** Disposes the boxes' tensors. */
  dispose(): void {
    for (const box of this.boxes) box.dispose();
  }
}

/** Lists the tensors of an input or output. */
export function tensorsOf(value: unknown): Tensor[] {
  return [value].flat() as Tensor[];
}

/** Applies a function to every entry of a record. */
export function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
