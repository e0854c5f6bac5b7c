import { add, Tensor, type Variable } from '@tensorflow/tfjs-core';
import { nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import { disposeTensors } from './memory.ts';
import { Module, type NamedModule, type Grads, type Params } from './module.ts';

/** The place of a box in its container, as messages have it: `Sequential[2]`, `Residual.body`. */
export function modulePath(container: object, name: string): string {
  return `${nameOf(container)}${/^\d+$/.test(name) ? `[${name}]` : `.${name}`}`;
}

/**
 * The boxes that a container is made of: a list, named by their numbers, or a record of names. Refuses what is no box,
 * and names that are more than letters, digits and underscores; a name made of digits would change its place.
 */
export function named<Box>(
  container: object,
  boxes: readonly Box[] | Readonly<Record<string, Box>>,
) {
  if (typeof boxes !== 'object' || boxes === null || boxes instanceof Module) {
    throw new BoxError(
      [nameOf(container)],
      `expected a list or record of boxes, got ${show(boxes)}`,
    );
  }
  const children = Object.entries<Box>(boxes as Record<string, Box>);
  for (const [name, box] of children) {
    if (!Array.isArray(boxes)) checkName(container, name);
    checkBox(container, name, box);
  }
  return children;
}

export function checkName(container: object, name: string): void {
  if (/^[A-Za-z_]\w*$/.test(name)) return;
  throw new BoxError(
    [nameOf(container)],
    `expected a name of letters, digits and underscores that starts with no digit, got ${show(name)}`,
  );
}

export function checkBox(container: object, name: string, box: unknown): void {
  if (!(box instanceof Module)) {
    throw new BoxError([modulePath(container, name)], `expected a box, got ${show(box)}`);
  }
}

/** The parameters, or buffers, of the boxes of a container: `name.weight`, each under the first place where it stands. */
export function gather(
  children: readonly NamedModule[],
  pick: (box: NamedModule[1]) => Params,
): Params {
  const gathered: Record<string, Variable> = {};
  const seen = new Set<Variable>();
  for (const [place, box] of children) {
    for (const [name, tensor] of Object.entries(pick(box))) {
      if (!seen.has(tensor)) gathered[`${place}.${name}`] = tensor;
      seen.add(tensor);
    }
  }
  return gathered;
}

/** The gradients that a container's boxes give, under the container's names; those of a shared parameter summed. */
export class GradSum {
  readonly #params: Params;
  readonly #sums = new Map<Variable, Tensor>();

  constructor(params: Params) {
    this.#params = params;
  }

  /** In the order of the parameters. */
  get grads(): Grads {
    const pairs = Object.entries(this.#params).map(
      ([name, param]) => [name, this.#sums.get(param)] as const,
    );
    return Object.fromEntries(
      pairs.flatMap(([name, grad]) => (grad === undefined ? [] : [[name, grad]])),
    );
  }

  /** Takes over the gradients of the box at a place. */
  add(place: string, box: { readonly params: Params }, grads: Grads): void {
    for (const [name, grad] of Object.entries(grads)) {
      const param = box.params[name];
      if (param === undefined) {
        throw new BoxError(
          [place],
          `expected gradients of its parameters, got one of ${show(name)}`,
        );
      }
      this.#sums.set(param, accumulate(this.#sums.get(param), grad));
    }
  }
}

/** The sum of what was gathered before, if anything, and one gradient more; takes both over. */
export function accumulate(earlier: Tensor | undefined, grad: Tensor): Tensor {
  if (earlier === undefined) return grad;
  const sum = add(earlier, grad);
  disposeTensors([earlier, grad]);
  return sum;
}

/** The sum of gradients, which it takes over; undefined where one of them is, as it was not asked for. */
export function total(grads: readonly (Tensor | undefined)[]): Tensor | undefined {
  return grads.reduce((sum, grad) => sum && grad && accumulate(sum, grad));
}

/** A clone of a tensor, or of each in a list. What is no live tensor stays, for the box that gets it to complain. */
export function share<T>(value: T): T {
  if (Array.isArray(value)) return value.map(share) as T;
  return value instanceof Tensor && !value.isDisposed ? (value.clone() as T) : value;
}
