import { gather, GradSum, modulePath } from './container.ts';
import { nameOf } from './check.ts';
import { BoxError, withPath } from './errors.ts';
import { disposeTensors, tidy } from './memory.ts';
import type {
  Gradients,
  NamedModule,
  Context,
  ForwardResult,
  Grads,
  Module,
  Params,
} from './module.ts';

/** What the forward of a container keeps. */
export interface ContainerCache {
  /** One for each box that has run, in their order. `backprop` and `sweep` empty it from the end. */
  readonly caches: unknown[];
}

/** A box in a container, with its name. */
type Place<I, O> = readonly [name: string, box: Module<I, O>];

/** Runs a box, and lets its input go. */
export type Run = <I, O>(place: Place<I, O>, input: I) => O;

/** Takes the gradient of a box's output back to that of its input, and lets the former go. */
export interface Back {
  through<I, O>(place: Place<I, O>, gradOutput: O): I;
  /** The same for a box with nothing before it, whose gradient is undefined where only parameters are asked for. */
  first<I, O>(place: Place<I, O>, gradOutput: O): I | undefined;
}

type Visit = (box: NamedModule[1], gradOutput: unknown, ofBox: unknown, first: boolean) => Visited;

interface Visited {
  readonly gradInput?: unknown;
  readonly gradParams: Grads;
}

/**
 * The boxes of a container, for which the container has a route: `forward` and `infer` run the boxes along it, and the
 * backward methods go along its reverse, which visits the same boxes in exactly the opposite order.
 */
export class Boxes {
  readonly params: Params;
  readonly buffers: Params;
  readonly #container: object;
  readonly #places: readonly NamedModule[];

  /** @param places in the order of the forward. */
  constructor(container: object, places: readonly NamedModule[]) {
    this.#container = container;
    this.#places = places;
    this.params = gather(places, (box) => box.params);
    this.buffers = gather(places, (box) => box.buffers);
  }

  forward<O>(
    context: Context | undefined,
    route: (run: Run) => O,
  ): ForwardResult<O, ContainerCache> {
    return tidy(() => {
      const caches: unknown[] = [];
      const output = route((place, input) => {
        const step = this.#at(place, (box) => box.forward(input, context));
        caches.push(step.cache);
        disposeTensors(input);
        return step.output;
      });
      return { output, cache: { caches } };
    });
  }

  infer<O>(context: Context | undefined, route: (run: Run) => O): O {
    return tidy(() =>
      route((place, input) => {
        const output = this.#at(place, (box) => box.infer(input, context));
        disposeTensors(input);
        return output;
      }),
    );
  }

  backpropToInput<I>(cache: ContainerCache, route: (back: Back) => I | undefined): I {
    const visit: Visit = (box, gradOutput, ofBox) => ({
      gradInput: box.backpropToInput(gradOutput, ofBox),
      gradParams: {},
    });
    return this.#back(cache, route, visit).gradInput;
  }

  backpropToParams(cache: ContainerCache, route: (back: Back) => unknown): Grads {
    const { gradInput, gradParams } = this.#back(cache, route, (box, gradOutput, ofBox, first) => {
      const gradParams = box.backpropToParams(gradOutput, ofBox);
      return { gradParams, gradInput: first ? undefined : box.backpropToInput(gradOutput, ofBox) };
    });
    disposeTensors(gradInput);
    return gradParams;
  }

  backprop<I>(cache: ContainerCache, route: (back: Back) => I | undefined): Gradients<I> {
    return this.#back(cache, route, (box, gradOutput, ofBox) => {
      const step = box.backprop(gradOutput, ofBox);
      disposeTensors(cache.caches.pop());
      return step;
    });
  }

  sweep(cache: ContainerCache, route: (back: Back) => unknown): Grads {
    const { gradInput, gradParams } = this.#back(cache, route, (box, gradOutput, ofBox, first) => {
      const step = first
        ? { gradParams: box.backpropParams(gradOutput, ofBox) }
        : box.backprop(gradOutput, ofBox);
      disposeTensors(cache.caches.pop());
      return step;
    });
    disposeTensors(gradInput);
    return gradParams;
  }

  updateBuffers({ caches }: ContainerCache): void {
    this.#places.forEach(([, box], i) => box.updateBuffers(caches[i]));
  }

  /** The cache stays the caller's until its box has been visited: what throws leaves nothing without an owner. */
  #back<I>(
    { caches }: ContainerCache,
    route: (back: Back) => I | undefined,
    visit: Visit,
  ): Gradients<I> {
    if (caches.length !== this.#places.length) {
      throw new BoxError(
        [`${nameOf(this.#container)}.backprop`],
        'expected the cache of a forward of its own, got one that a backward sweep has emptied',
      );
    }
    return tidy(() => {
      const sum = new GradSum(this.params);
      let at = caches.length;
      const go = <I, O>(place: Place<I, O>, gradOutput: O, first: boolean) => {
        const ofBox = caches[--at];
        const { gradInput, gradParams } = this.#at(place, (box) =>
          visit(box, gradOutput, ofBox, first),
        );
        disposeTensors(gradOutput);
        sum.add(modulePath(this.#container, place[0]), place[1], gradParams);
        return gradInput as I;
      };
      const gradInput = route({
        through: (place, gradOutput) => go(place, gradOutput, false),
        first: (place, gradOutput) => go(place, gradOutput, true),
      });
      // Undefined only where it is not asked for.
      return { gradInput: gradInput as I, gradParams: sum.grads };
    });
  }

  #at<I, O, T>([name, box]: Place<I, O>, run: (box: Module<I, O>) => T): T {
    return withPath(modulePath(this.#container, name), () => run(box));
  }
}
