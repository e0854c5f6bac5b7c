import type { Tensor } from '@tensorflow/tfjs-core';
import { checkMode, isTensor, nameOf } from './check.ts';
import { childrenByName, gatherParams, modulePath, namedChildren } from './children.ts';
import { BoxError, show, withPath } from './errors.ts';
import type { Facts, Shape } from './facts.ts';
import { GradSum, share } from './gradSum.ts';
import { disposeTensors, tidy } from './memory.ts';
import { isList } from './isList.ts';
import {
  Module,
  type AnyModule,
  type Carried,
  type CarriedValues,
  type Context,
  type ForwardResult,
  type Gradients,
  type GradVisitor,
  type Grads,
  type NamedModule,
  type Needs,
  type Params,
  type Traversal,
} from './module.ts';
import type { ProjectionRule } from './projectionRule.ts';
import { propagate } from './propagate.ts';
import { factsOf } from './shapes.ts';

/**
 * The values that a container keeps from a forward pass: one entry per box that ran, in the order
 * of the pass.
 */
export interface ContainerCache {
  /** The names of the boxes that ran. */
  readonly visited: readonly string[];
  /** The caches of the boxes. `backprop` and `backpropParams` empty the list from its end. */
  readonly caches: unknown[];
  /** The gradients that each box needs; undefined if no box is frozen, so that all are needed. */
  readonly needs?: readonly Needs[];
}

/**
 * The type of a value in a route, where T is the value's type in a forward pass. A tensor becomes a
 * V, and a list of tensors becomes a list of V.
 */
export type Routed<T, V> = T extends readonly Tensor[] ? readonly V[] : V;

/**
 * Runs a child on a value, and takes ownership of the value. A route that uses a value twice passes
 * `share(value)` first.
 */
export type Run<V> = <In, Out>(child: NamedModule<In, Out>, input: Routed<In, V>) => Routed<Out, V>;

/**
 * Computes the gradient of a child's input from the gradient of its output, which it takes
 * ownership of.
 */
export interface Back {
  /**
   * This function is called for a child whose input is the output of another child. The value is
   * undefined if no box before the child is trainable; a route passes it on as it is.
   */
  through<In, Out>(child: NamedModule<In, Out>, gradOutput: Out): In;
  /**
   * This function is called for a child whose input is the container's own input. Returns undefined
   * if only parameter gradients are needed.
   */
  toInput<In, Out>(child: NamedModule<In, Out>, gradOutput: Out): In | undefined;
}

/**
 * A box that is made of boxes. A container defines its route once, in `route`; `forward`, `infer`,
 * the shapes, the ONNX graph and every other traversal use it. The backward route, `backRoute`, is
 * written by hand too. It visits the same boxes in exactly the opposite order, and sums gradients
 * (by `total`) where the route used a value twice.
 *
 * The children are a record of boxes by name, or a list of pairs [name, box]. The name of a child
 * is put in front of the names of its parameters (`body.weight`). If a box is used in several
 * places, each of its parameters has only one name, and the gradients are summed. One backward pass
 * computes both gradients and disposes each cache after use. A container computes nothing itself
 * and has no parameters of its own: all computations are in boxes, so that every traversal visits
 * them.
 *
 * Errors: those of the boxes, with the path in front: `Twice.body > Linear.forward: ...`; a route
 *         that runs a box that is not a child, or computes a tensor itself; a backward route that
 *         does not visit the boxes in the opposite order.
 *
 *     class Twice extends Container {
 *       readonly body: NamedModule<Tensor, Tensor>;
 *       constructor(body: Module) {
 *         super({ body });
 *         this.body = ['body', body];
 *       }
 *       protected route<V>(input: V, run: Run<V>) {
 *         return run(this.body, run(this.body, input));
 *       }
 *       protected backRoute(gradOutput: Tensor, back: Back) {
 *         return back.toInput(this.body, back.through(this.body, gradOutput));
 *       }
 *     }
 */
export abstract class Container<In = Tensor, Out = Tensor> extends Module<In, Out, ContainerCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  override readonly hidesInfinity = false;
  /** The names of the inputs, if there are several and their number is fixed. */
  readonly inputs?: string | readonly string[];
  /** The names of the outputs, if there are several; a `Graph` calls them `node.output`. */
  readonly outputs?: string | readonly string[];
  readonly #children: readonly NamedModule[];
  readonly #byName: ReadonlyMap<string, AnyModule>;

  /**
   * @param children the boxes by name, as a record or as a list of pairs [name, box], in the order
   *   of the forward pass.
   */
  constructor(children: readonly NamedModule[] | Readonly<Record<string, AnyModule>>) {
    super();
    this.#children = isList(children) ? children : namedChildren(this, children);
    this.#byName = childrenByName(this, this.#children);
    this.params = gatherParams(this.#children, (box) => box.params);
    this.buffers = gatherParams(this.#children, (box) => box.buffers);
  }

  /**
   * Runs the children on the input.
   *
   * @param input the input. The route owns the input and every value that `run` returns.
   */
  protected abstract route<V>(input: Routed<In, V>, run: Run<V>): Routed<Out, V>;

  /**
   * Propagates the gradient back through the children, in the opposite order.
   *
   * @returns the gradient of the input; undefined if `back.toInput` returned undefined.
   */
  protected abstract backRoute(gradOutput: Out, back: Back): In | undefined;

  override forward(input: In, context?: Context): ForwardResult<Out, ContainerCache> {
    checkMode(this, context);
    return tidy(() => {
      const visited: string[] = [];
      const caches: unknown[] = [];
      const needs: Needs[] = [];
      const output = this.#along(input, (child, x) => {
        const [name, box] = child;
        const { output, cache } = this.#inside(child, () => {
          if (context?.frozen === undefined) return box.forward(x, context);
          const { needs: needed, ...result } = context.frozen.run(box, x, context);
          needs.push(needed);
          return result;
        });
        visited.push(name);
        caches.push(cache);
        context?.afterBox?.(box, x, output);
        return output;
      });
      return { output, cache: { visited, caches, ...(context?.frozen && { needs }) } };
    });
  }

  override infer(input: In, context?: Context): Out {
    checkMode(this, context);
    return tidy(() =>
      this.#along(input, (child, x) => this.#inside(child, () => child[1].infer(x, context))),
    );
  }

  override backpropToInput(gradOutput: Out, cache: ContainerCache): In {
    return this.#back(gradOutput, cache, (box, grad, ofBox) => ({
      gradInput: box.backpropToInput(grad, ofBox),
      gradParams: {},
    })).gradInput;
  }

  override project(signal: Out, cache: ContainerCache, rule: ProjectionRule): In {
    return this.#back(signal, cache, (box, grad, ofBox) => ({
      gradInput: box.project(grad, ofBox, rule),
      gradParams: {},
    })).gradInput;
  }

  override backpropToParams(gradOutput: Out, cache: ContainerCache): Grads {
    const { gradInput, gradParams } = this.#back(
      gradOutput,
      cache,
      (box, grad, ofBox, needs) => ({
        gradParams: needs.params ? box.backpropToParams(grad, ofBox) : {},
        gradInput: needs.input ? box.backpropToInput(grad, ofBox) : undefined,
      }),
      false,
    );
    disposeTensors(gradInput);
    return gradParams;
  }

  override backprop(gradOutput: Out, cache: ContainerCache, onGrads?: GradVisitor): Gradients<In> {
    return this.#back(gradOutput, cache, gradientsOf(cache, onGrads));
  }

  override backpropParams(gradOutput: Out, cache: ContainerCache, onGrads?: GradVisitor): Grads {
    const { gradInput, gradParams } = this.#back(
      gradOutput,
      cache,
      gradientsOf(cache, onGrads),
      false,
    );
    disposeTensors(gradInput);
    return gradParams;
  }

  override updateBuffers({ visited, caches }: ContainerCache): void {
    visited.forEach((name, i) => {
      // A frozen box whose backward methods are not needed keeps no cache.
      if (caches[i] !== undefined) this.#child(name).updateBuffers(caches[i]);
    });
  }

  override children(): readonly NamedModule[] {
    return this.#children;
  }

  /**
   * States the output shape, the sum of the multiply-adds of all boxes if all are known, and the
   * largest number of examples that a box needs in training.
   */
  override facts(inputShapes: readonly Shape[]): Facts {
    const all: (number | undefined)[] = [];
    let trainingExamples = 1;
    const outputShapes = propagate(
      this as unknown as AnyModule,
      inputShapes,
      (box, shapes, path) => {
        const facts = withPath(path, () => factsOf(box, shapes));
        all.push(facts.multiplyAdds);
        trainingExamples = Math.max(trainingExamples, facts.trainingExamples ?? 1);
        return facts.outputShape;
      },
    );
    const known = all.filter((products) => products !== undefined);
    return {
      ...(outputShapes.length === 1 && { outputShape: outputShapes[0] }),
      ...(known.length === all.length && { multiplyAdds: known.reduce((a, b) => a + b, 0) }),
      ...(trainingExamples > 1 && { trainingExamples }),
    };
  }

  override traverse<V>(
    inputs: CarriedValues<V>,
    traversal: Traversal<V>,
    path: string,
  ): CarriedValues<V> {
    const outputs = this.route<Carried<V>>(inputs as Routed<In, Carried<V>>, (child, input) => {
      const [name, box] = child as NamedModule;
      this.#child(name, box);
      const inside = path === '' ? name : `${path}.${name}`;
      return box.traverse(input, traversal, inside) as never;
    }) as CarriedValues<V>;
    const values = [outputs].flat().map(({ value }) => value);
    traversal.leave?.(values, path);
    return outputs;
  }

  /**
   * Runs the route on tensors. Each tensor is disposed as soon as the box that takes it has run.
   * Throws for a tensor that the route itself computed, because other traversals would miss this
   * computation.
   */
  #along(input: In, runBox: (child: NamedModule, input: unknown) => unknown): Out {
    const carried = new Set<object>();
    const carry = <T>(value: T): T => {
      for (const tensor of [value].flat()) if (isTensor(tensor)) carried.add(tensor.dataId);
      return value;
    };
    const checkCarried = (value: unknown) => {
      if ([value].flat().every((tensor) => !isTensor(tensor) || carried.has(tensor.dataId))) return;
      throw new BoxError(
        [`${nameOf(this)}.route`],
        'expected only tensors that the boxes gave, got another; compute it in a box',
      );
    };
    const output = this.route<Tensor>(carry(share(input)) as Routed<In, Tensor>, (child, value) => {
      checkCarried(value);
      const output = runBox(child, value);
      disposeTensors(value);
      return carry(output) as never;
    });
    checkCarried(output);
    return output as Out;
  }

  /**
   * Propagates a gradient along the backward route. If a box throws, the caller still owns every
   * cache that has not been visited, so nothing leaks.
   *
   * @param toInput whether the gradient of the container's own input is needed.
   */
  #back(gradOutput: Out, cache: ContainerCache, visit: BackVisit, toInput = true): Gradients<In> {
    const { visited, caches } = cache;
    if (caches.length !== visited.length) {
      throw new BoxError(
        [`${nameOf(this)}.backprop`],
        'expected the cache of a forward of its own, got one that a backward pass has emptied',
      );
    }
    return tidy(() => {
      const sum = new GradSum(this.params);
      let at = caches.length;
      let skipped = false;
      const go = (child: NamedModule, grad: unknown, isNeeded: boolean): unknown => {
        const [name, box] = child;
        const expected = visited[--at];
        if (name !== expected) {
          const due =
            expected === undefined ? 'end' : `visit ${show(expected)}, the reverse of the forward`;
          throw new BoxError(
            [`${nameOf(this)}.backprop`],
            `expected the backward route to ${due}, got ${show(name)}`,
          );
        }
        const { input = true, params = true } = cache.needs?.[at] ?? {};
        const needs = { input: isNeeded && input, params };
        const { gradInput, gradParams } = this.#inside(child, () =>
          visit(box, grad, caches[at], needs),
        );
        disposeTensors(grad);
        sum.add(modulePath(this, name), box, gradParams);
        if (gradInput === undefined) skipped = true;
        return gradInput;
      };
      const gradInput = this.backRoute(share(gradOutput), {
        through: (child, grad) => go(child, grad, true) as never,
        toInput: (child, grad) => go(child, grad, toInput) as never,
      });
      if (at > 0) {
        throw new BoxError(
          [`${nameOf(this)}.backprop`],
          `expected the backward route to visit ${show(visited[at - 1])}, got its end`,
        );
      }
      // If `toInput` returned undefined, only parameter gradients are needed.
      if (gradInput === undefined && !skipped) {
        throw new BoxError(
          [`${nameOf(this)}.backprop`],
          'expected the backward route to return the gradient of the input, got undefined',
        );
      }
      return { gradInput: gradInput as In, gradParams: sum.grads };
    });
  }

  #child(name: string, box?: unknown): AnyModule {
    const child = this.#byName.get(name);
    if (child === undefined) {
      const names = [...this.#byName.keys()].join(', ');
      throw new BoxError([nameOf(this)], `expected a route through ${names}, got ${show(name)}`);
    }
    if (box === undefined || box === child) return child;
    throw new BoxError(
      [modulePath(this, name)],
      `expected the child of this name, got another box, ${nameOf(box as object)}`,
    );
  }

  #inside<T>([name, box]: NamedModule, run: () => T): T {
    this.#child(name, box);
    return withPath(modulePath(this, name), run);
  }
}

/**
 * Returns a visit that computes the gradients that are needed, passes those of the parameters to
 * `onGrads`, and disposes the cache of the box. A container reports those inside it itself.
 */
function gradientsOf({ caches }: ContainerCache, onGrads: GradVisitor | undefined): BackVisit {
  return (box, grad, cache, needs) => {
    const gradients = needed(box, grad, cache, needs, onGrads);
    disposeTensors(caches.pop());
    if (needs.params && box.children().length === 0) onGrads?.(box, gradients.gradParams);
    return gradients;
  };
}

function needed(
  box: AnyModule,
  grad: unknown,
  cache: unknown,
  { input, params }: Needs,
  onGrads: GradVisitor | undefined,
): ReturnType<BackVisit> {
  if (input && params) return box.backprop(grad, cache, onGrads);
  if (input) return { gradInput: box.backpropToInput(grad, cache), gradParams: {} };
  return { gradParams: params ? box.backpropParams(grad, cache, onGrads) : {} };
}

/** Propagates a gradient back through a box, as far as it is needed. */
type BackVisit = (
  box: AnyModule,
  gradOutput: unknown,
  cache: unknown,
  needs: Needs,
) => { readonly gradInput?: unknown; readonly gradParams: Grads };
