import { dispose, keep, type Tensor } from '@tensorflow/tfjs-core';
import { checkTensor, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import type { Grads, Params } from '../lib/module.ts';

/** All that an optimizer keeps between steps. Its tensors stay the optimizer's: clone what is to outlive it. */
export interface OptimizerState {
  /** By kind and parameter: `velocity/0.weight`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** The running tensors of an optimizer, one of each kind for a parameter. */
export class Slots {
  readonly kinds: readonly string[];
  #tensors: Record<string, Tensor> = {};

  constructor(kinds: readonly string[]) {
    this.kinds = kinds;
  }

  get tensors(): Readonly<Record<string, Tensor>> {
    return this.#tensors;
  }

  /** Undefined before the first step. */
  get(kind: string, name: string): Tensor | undefined {
    const { [`${kind}/${name}`]: found } = this.#tensors;
    return found;
  }

  /** Takes a tensor over. The caller has let the one before go, or does not need it. */
  set(kind: string, name: string, value: Tensor): void {
    const { [`${kind}/${name}`]: before } = this.#tensors;
    if (before !== undefined && !before.isDisposed) before.dispose();
    this.#tensors[`${kind}/${name}`] = keep(value);
  }

  /** Errors: a tensor that is missing (unless none is there), unexpected, or of another shape; then nothing changes. */
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
      const of = (shape?: readonly number[]) =>
        shape === undefined ? 'none' : `one of shape ${show(shape)}`;
      throw new BoxError(
        [`${nameOf(optimizer)}.restore`],
        `${name}: expected ${of(expected)}, got ${of(got)}`,
      );
    }
    this.dispose();
    for (const [name, value] of Object.entries(tensors)) this.#tensors[name] = keep(value.clone());
  }

  dispose(): void {
    dispose(this.#tensors);
    this.#tensors = {};
  }
}

/** Errors: gradients whose names or shapes are not those of the parameters. */
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
