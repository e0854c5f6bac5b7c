import { isTensor } from './check.ts';
import type { AnyModule, Context, FrozenRunner, ForwardResult, Needs } from './module.ts';

/**
 * The boxes that training leaves unchanged, during one forward pass. Containers ask it how to run
 * each child, and which gradients the backward pass needs there:
 *
 *   params   if the box has a trainable parameter
 *   input    if the input depends on a trainable parameter, because a trainable box came before
 *
 * If a box needs neither, its backward methods are not called.
 */
export class FrozenBoxes implements FrozenRunner {
  readonly #frozen: ReadonlySet<AnyModule>;
  readonly #trainable: ReadonlySet<AnyModule>;
  /** The `dataId`s of the values that depend on a trainable parameter. */
  readonly #dependent = new WeakSet<object>();

  /**
   * @param frozen the frozen boxes that are not containers.
   * @param trainable the boxes and containers that have a trainable parameter.
   */
  constructor(frozen: ReadonlySet<AnyModule>, trainable: ReadonlySet<AnyModule>) {
    this.#frozen = frozen;
    this.#trainable = trainable;
  }

  /** Runs the forward pass of a box. A frozen box runs in inference mode. */
  run(
    box: AnyModule,
    input: unknown,
    context: Context,
  ): ForwardResult<unknown, unknown> & { readonly needs: Needs } {
    const needs = {
      input: [input].flat().some((x) => isTensor(x) && this.#dependent.has(x.dataId)),
      params: this.#trainable.has(box),
    };
    const isFrozen = this.#frozen.has(box);
    const own = isFrozen ? inferenceContext(context) : context;
    // A box that is not frozen still updates its buffers from its cache.
    const keepsNothing = isFrozen || Object.keys(box.buffers).length === 0;
    const skipsBackward = !needs.input && !needs.params && box.children().length === 0;
    const { output, cache } =
      skipsBackward && keepsNothing
        ? { output: box.infer(input, own), cache: undefined }
        : box.forward(input, own);
    if (needs.input || needs.params) {
      for (const x of [output].flat()) if (isTensor(x)) this.#dependent.add(x.dataId);
    }
    return { output, cache, needs };
  }
}

/** Returns the context in which a frozen box runs. */
export function inferenceContext({ afterBox }: Context): Context {
  return { mode: 'inference', ...(afterBox && { afterBox }) };
}
