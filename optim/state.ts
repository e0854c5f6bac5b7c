import { dispose, keep, type Tensor } from '@tensorflow/tfjs-core';
import { checkTensor, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import type { Grads, Params } from '../lib/module.ts';

/** Everything that an optimizer keeps between steps. The optimizer owns the tensors. */
export interface OptimizerState {
  /** The tensors by kind and parameter: `velocity/0.weight`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Single values by name, such as the number of steps. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** An optimizer that can be stopped and continued. All optimizers of boxprop can. */
export interface OptimizerWithState {
  /** The learning rate ε. It may be changed between steps. */
  learningRate: number;
  /** Updates every parameter with its gradient. The caller still owns the gradients. */
  step(grads: Grads): void;
  /** Returns the state of the optimizer, for a checkpoint. */
  state(): OptimizerState;
  /** Continues from the state of another optimizer of the same kind, whose tensors it clones. */
  restore(state: OptimizerState): void;
  /** Disposes the tensors that the optimizer keeps. */
  dispose(): void;
}

/** The tensors that an optimizer keeps between steps. There is one of each kind per parameter. */
export class Slots {
  /** The kinds of tensors, such as `velocity`. */
  readonly kinds: readonly string[];
  #tensors: Record<string, Tensor> = {};

  constructor(kinds: readonly string[]) {
    this.kinds = kinds;
  }

  /** All tensors, by kind and parameter: `velocity/0.weight`. */
  get tensors(): Readonly<Record<string, Tensor>> {
    return this.#tensors;
  }

  /** Returns the tensor of a kind for a parameter, or undefined before the first step. */
  get(kind: string, name: string): Tensor | undefined {
    const { [`${kind}/${name}`]: tensor } = this.#tensors;
    return tensor;
  }

  /**
   * Replaces a tensor, and takes ownership of the new one. The old tensor may already be disposed.
   */
  set(kind: string, name: string, value: Tensor): void {
    const old = this.get(kind, name);
    if (old !== undefined && !old.isDisposed) old.dispose();
    this.#tensors[`${kind}/${name}`] = keep(value);
  }

  /**
   * Replaces all tensors by clones of the given ones. An empty record is the state before the first
   * step.
   *
   * Errors: a tensor that is missing, unexpected, or of another shape; then nothing changes.
   */
  restore(optimizer: object, params: Params, tensors: Readonly<Record<string, Tensor>>): void {
    const shapes = new Map<string, readonly number[]>(
      this.kinds.flatMap((kind) =>
        Object.entries(params).map(([name, { shape }]) => [`${kind}/${name}`, shape] as const),
      ),
    );
    const names = Object.keys(tensors);
    for (const name of new Set([...names, ...(names.length > 0 ? shapes.keys() : [])])) {
      const [expected, got] = [shapes.get(name), tensors[name]?.shape];
      if (expected !== undefined && got !== undefined && show(expected) === show(got)) continue;
      const describe = (shape?: readonly number[]) =>
        shape === undefined ? 'none' : `one of shape ${show(shape)}`;
      throw new BoxError(
        [`${nameOf(optimizer)}.restore`],
        `${name}: expected ${describe(expected)}, got ${describe(got)}`,
      );
    }
    this.dispose();
    for (const [name, value] of Object.entries(tensors)) this.#tensors[name] = keep(value.clone());
  }

  /** Disposes all tensors. */
  dispose(): void {
    dispose(this.#tensors);
    this.#tensors = {};
  }
}

/** Throws if the names, shapes or dtypes of gradients are not those of the parameters. */
export function checkGrads(optimizer: object, params: Params, grads: Grads): void {
  for (const name of new Set([...Object.keys(params), ...Object.keys(grads)])) {
    if (!(name in params)) {
      const known = Object.keys(params).join(', ');
      throw new BoxError(
        [`${nameOf(optimizer)}.step`],
        `expected gradients of ${known}, got one of ${name}`,
      );
    }
    checkTensor(optimizer, 'step', `the gradient of ${name}`, grads[name], params[name].shape);
  }
}
