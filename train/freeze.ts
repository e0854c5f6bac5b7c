import { checkOptions, nameOf } from '../lib/check.ts';
import { Container } from '../lib/container.ts';
import { didYouMean } from '../lib/didYouMean.ts';
import { BoxError, InputError, show } from '../lib/errors.ts';
import { isList } from '../lib/isList.ts';
import { isObject } from '../lib/isObject.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { FrozenBoxes, inferenceContext } from '../lib/frozenBoxes.ts';
import {
  Module,
  type AnyModule,
  type CarriedValues,
  type Context,
  type ForwardResult,
  type GradVisitor,
  type Grads,
  type Params,
  type Traversal,
} from '../lib/module.ts';

/**
 * Names the boxes that `freeze` freezes: paths such as `['conv1', 'layer1.*']`, or all boxes except
 * some: `{ except: ['fc'] }`.
 */
export type FrozenPaths = readonly string[] | { readonly except: readonly string[] };

/**
 * Returns the network in the form in which training leaves some boxes unchanged. The result shares
 * all tensors with the network, and the network itself does not change.
 *
 *   params    the parameters of the boxes that are not frozen; an optimizer gets these
 *   buffers   all other parameters and buffers, under the same names, so that checkpoints and
 *             weights files are those of the network
 *
 * In training, a frozen box runs in inference mode: a frozen BatchNorm normalizes with its running
 * statistics and does not update them, and a frozen Dropout drops nothing. The backward pass goes
 * back as far as a gradient leads to a trainable parameter. With trainable boxes T and the boxes
 * F_i that come before all of them,
 *
 *   ∂C/∂w_T is computed;   ∂C/∂w_i and ∂C/∂x_i are not, and F_i keeps no cache
 *
 * A frozen box between two trainable ones computes ∂C/∂x_in, but not ∂C/∂w.
 *
 * A path names a box, or a container with all boxes inside it; `*` stands for any characters. A box
 * that has several paths is frozen at all of them if one of them is named. Learning rates of the
 * trainable boxes are set by the optimizer's `groups`.
 *
 * Errors: a path that names no box (the message names a similar one); no trainable parameter that
 *         is left; a parameter that a frozen box shares with a trainable one; a box inside a box
 *         that is not a `Container`; an unknown option; in the result, a backward pass to the input
 *         of the network, for which the network itself is used.
 * Source: Yosinski, Clune, Bengio, Lipson 2014, arXiv:1411.1792 (frozen and fine-tuned layers).
 *
 *     const tuned = freeze(network, { except: ['fc'] });
 *     const optimizer = new SGD(tuned.params, { learningRate: 0.01, momentum: 0.9 });
 *     await new Trainer({ network: tuned, optimizer, ...options }).run();
 */
export function freeze<In, Out>(network: Module<In, Out>, boxes: FrozenPaths): Module<In, Out> {
  const named = namedBoxes(network);
  const paths = pathsOf(boxes);
  const isListed = !('except' in boxes);
  const chosen = boxesAt(network, named, paths);
  const leaves = named.filter(({ box }) => box.children().length === 0);
  const frozen = leaves.filter(({ box }) => chosen.has(box) === isListed);
  for (const { path, inside } of frozen) {
    const opaque = inside.find((around) => !(around instanceof Container));
    if (opaque === undefined) continue;
    throw new BoxError(
      ['freeze'],
      `expected boxes inside containers, got ${path} inside ${nameOf(opaque)}, which is not a Container; freeze the whole box`,
    );
  }
  return new Frozen(network, named, new Set(frozen.map(({ box }) => box)));
}

/** A box of a network, with its path and the boxes around it, the network first. */
interface PlacedBox {
  readonly path: string;
  readonly box: AnyModule;
  readonly inside: readonly AnyModule[];
}

function namedBoxes(network: AnyModule): PlacedBox[] {
  const visit = (box: AnyModule, path: string, inside: readonly AnyModule[]): PlacedBox[] => [
    { path, box, inside },
    ...box
      .children()
      .flatMap(([name, child]) =>
        visit(child, path === '' ? name : `${path}.${name}`, [...inside, box]),
      ),
  ];
  return visit(network, '', []).slice(1);
}

function pathsOf(boxes: FrozenPaths): readonly string[] {
  const given: unknown = boxes;
  if (isObject(given)) checkOptions<{ except?: unknown }>('freeze', given, ['except']);
  const paths: unknown = isObject(given) ? given.except : given;
  if (isList(paths) && paths.length > 0 && paths.every((path) => typeof path === 'string'))
    return paths;
  throw new InputError(
    `freeze: expected a list of at least one path, such as ["conv1", "layer1.*"], got ${show(paths)}`,
  );
}

/** Returns the boxes that the paths name, and the boxes inside them. */
function boxesAt(
  network: AnyModule,
  named: readonly PlacedBox[],
  paths: readonly string[],
): Set<AnyModule> {
  const chosen = new Set<AnyModule>();
  for (const path of paths) {
    const matches = pathMatcher(path);
    const found = named.filter(({ path: own }) => matches(own));
    if (found.length === 0) {
      const known = named.map(({ path: own }) => own);
      throw new InputError(
        `freeze: expected the path of a box of ${nameOf(network)}, got ${show(path)}${didYouMean(path, known)}`,
      );
    }
    for (const { box } of found) chosen.add(box);
  }
  return chosen;
}

/**
 * Returns a function that tells whether a name is that of a box with this path, or of anything
 * inside the box; `*` stands for any characters.
 */
export function pathMatcher(path: string): (name: string) => boolean {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const pattern = new RegExp(`^${escaped}(\\.|$)`, 's');
  return (name) => pattern.test(name);
}

/** A network whose training leaves some boxes unchanged. */
class Frozen<In, Out> extends Module<In, Out> {
  override readonly params: Params;
  override readonly buffers: Params;
  override readonly arity: 'tensor' | 'list';
  override readonly hidesInfinity: boolean | undefined;
  readonly #network: Module<In, Out>;
  readonly #frozen: ReadonlySet<AnyModule>;
  readonly #trainable: ReadonlySet<AnyModule>;

  constructor(
    network: Module<In, Out>,
    named: readonly PlacedBox[],
    frozen: ReadonlySet<AnyModule>,
  ) {
    super();
    const fixed = new Set([...frozen].flatMap((box) => Object.values(box.params)));
    const trainable = new Set<AnyModule>();
    for (const { box, path, inside } of named) {
      const params = Object.entries(box.params);
      if (box.children().length > 0 || frozen.has(box) || params.length === 0) continue;
      for (const around of [...inside, box]) trainable.add(around);
      const shared = params.find(([, param]) => fixed.has(param));
      if (shared === undefined) continue;
      throw new BoxError(
        ['freeze'],
        `expected ${path}.${shared[0]} in trainable or in frozen boxes, got it in both, because boxes share it`,
      );
    }
    if (trainable.size === 0)
      throw new InputError('freeze: expected at least one trainable parameter, got none');
    const isFixed = ([, param]: [string, Params[string]]) => fixed.has(param);
    const params = Object.entries(network.params);
    this.params = Object.fromEntries(params.filter((entry) => !isFixed(entry)));
    this.buffers = { ...Object.fromEntries(params.filter(isFixed)), ...network.buffers };
    this.arity = network.arity;
    this.hidesInfinity = network.hidesInfinity;
    this.#network = network;
    this.#frozen = frozen;
    this.#trainable = trainable;
  }

  forward(input: In, context?: Context): ForwardResult<Out, unknown> {
    const frozen = new FrozenBoxes(this.#frozen, this.#trainable);
    const given = { mode: 'inference', ...context, frozen } as const;
    return this.#network.forward(input, given);
  }

  override infer(input: In, context?: Context): Out {
    return this.#network.infer(input, context);
  }

  backpropToInput(): In {
    throw this.#noInput('backpropToInput');
  }

  override backpropToParams(gradOutput: Out, cache: unknown): Grads {
    return this.#network.backpropToParams(gradOutput, cache);
  }

  override backprop(): never {
    throw this.#noInput('backprop');
  }

  override backpropParams(gradOutput: Out, cache: unknown, onGrads?: GradVisitor): Grads {
    return this.#network.backpropParams(gradOutput, cache, onGrads);
  }

  override updateBuffers(cache: unknown): void {
    this.#network.updateBuffers(cache);
  }

  override children() {
    return this.#network.children();
  }

  override facts(inputShapes: readonly Shape[]): Facts {
    return this.#network.facts(inputShapes);
  }

  override contextOf(box: AnyModule, context: Context): Context {
    return this.#frozen.has(box) ? inferenceContext(context) : context;
  }

  override traverse<V>(
    inputs: CarriedValues<V>,
    traversal: Traversal<V>,
    path: string,
  ): CarriedValues<V> {
    return this.#network.traverse(inputs, traversal, path);
  }

  override describe(): string {
    return this.#network.describe();
  }

  override dispose(): void {
    this.#network.dispose();
  }

  #noInput(method: string): BoxError {
    return new BoxError(
      [`Frozen.${method}`],
      'expected backpropParams, because no gradient is computed below the last trainable box, ' +
        'got a backward pass to the input; use the network without freeze',
    );
  }
}
