import { Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../lib/check.ts';
import { accumulate, checkCaches, gather, GradSum, placeOf } from '../lib/container.ts';
import { BoxError, show, within } from '../lib/errors.ts';
import { listOf, wire, type GraphNode, type Names, type Node, type Value } from '../lib/graphNodes.ts';
import { release, tidy } from '../lib/memory.ts';
import {
  Module,
  type Backward,
  type Child,
  type Context,
  type Forward,
  type Grads,
  type Params,
} from '../lib/module.ts';

/**
 * Boxes that are wired in any way without a cycle:
 *
 *   new Graph({
 *     inputs: 'image',
 *     nodes: [
 *       ['conv', new Conv2D(3, 8, 3, { padding: 1, rng }), 'image'],
 *       ['gate', new Sigmoid(), 'conv'],
 *       ['gated', new Product(), ['conv', 'gate']],
 *     ],
 *     outputs: 'gated',
 *   })
 *
 *   forward            x_i = F_i(x_j for j → i, w_i), each node after those that it takes from
 *   backpropToInput    ∂C/∂x_j = Σ_{i: j → i} ∂C/∂x_i · ∂F_i/∂x_j, each node after those that take from it
 *   backpropToParams   ∂C/∂w_i = ∂C/∂x_i · ∂F_i/∂w_i
 *
 * A node takes one tensor, or a list where its box merges several. One name for inputs or outputs stands for a tensor,
 * a list of names for a list of tensors. An output that other nodes use gathers their gradients too. A graph may be a
 * node; where it has a list of outputs they are named `node.output`. Parameters are named `node.weight`; a box that
 * stands at two nodes has its parameters named once and their gradients summed. One sweep goes through the nodes in
 * reverse and lets each cache go behind it.
 *
 * Shapes: those of the boxes.
 * Errors: those of the boxes, with the node before: `Graph.conv > Conv2D.forward: ...`; at construction, a cycle, two
 *         nodes of one name, a name that is none, an input or node that nothing uses, and a list of names for a box
 *         that takes one tensor, or the other way round.
 */
export interface GraphOptions<I extends Names, O extends Names> {
  readonly inputs: I;
  /** In any order. */
  readonly nodes: readonly GraphNode[];
  readonly outputs: O;
}

export interface GraphCache {
  /** One a node, in the order of the forward. `backprop` empties it from the end. */
  readonly caches: unknown[];
}

export class Graph<I extends Names = string, O extends Names = string> extends Module<
  Value<I>,
  Value<O>,
  GraphCache
> {
  override readonly params: Params;
  override readonly buffers: Params;
  override readonly takes: 'tensor' | 'list';
  readonly inputs: I;
  readonly outputs: O;
  /** In the order of the forward. */
  readonly nodes: readonly Node[];
  /** How often each value is taken. */
  readonly #uses: ReadonlyMap<string, number>;

  constructor({ inputs, nodes, outputs }: GraphOptions<I, O>) {
    super();
    this.inputs = inputs;
    this.outputs = outputs;
    this.takes = typeof inputs === 'string' ? 'tensor' : 'list';
    this.nodes = wire(this, { inputs, outputs }, nodes, (box) => (box instanceof Graph ? box : undefined));
    const taken = [...this.nodes.flatMap(({ from }) => listOf(from)), ...listOf(outputs)];
    this.#uses = new Map(taken.map((name) => [name, taken.filter((other) => other === name).length]));
    this.params = gather(this.children(), (box) => box.params);
    this.buffers = gather(this.children(), (box) => box.buffers);
  }

  forward(input: Value<I>, context?: Context): Forward<Value<O>, GraphCache> {
    return tidy(() => {
      const caches: unknown[] = [];
      const output = this.#run(input, (box, given) => {
        const step = box.forward(given, context);
        caches.push(step.cache);
        return step.output;
      });
      return { output, cache: { caches } };
    });
  }

  override infer(input: Value<I>, context?: Context): Value<O> {
    return tidy(() => this.#run(input, (box, given) => box.infer(given, context)));
  }

  backpropToInput(gradOutput: Value<O>, cache: GraphCache): Value<I> {
    return tidy(() => {
      const { gradInput } = this.#back(gradOutput, cache, ({ box }, grad, ofBox) => ({
        gradInput: box.backpropToInput(grad, ofBox),
        gradParams: {},
      }));
      return gradInput();
    });
  }

  override backpropToParams(gradOutput: Value<O>, cache: GraphCache): Grads {
    return tidy(() => {
      const { gradParams } = this.#back(gradOutput, cache, (node, grad, ofBox) => ({
        ...(!this.#isFirst(node) && { gradInput: node.box.backpropToInput(grad, ofBox) }),
        gradParams: node.box.backpropToParams(grad, ofBox),
      }));
      return gradParams;
    });
  }

  override backprop(gradOutput: Value<O>, cache: GraphCache): Backward<Value<I>> {
    return tidy(() => {
      const { gradInput, gradParams } = this.#back(gradOutput, cache, ({ box }, grad, ofBox) => {
        const step = box.backprop(grad, ofBox);
        release(cache.caches.pop());
        return step;
      });
      return { gradInput: gradInput(), gradParams };
    });
  }

  override sweep(gradOutput: Value<O>, cache: GraphCache): Grads {
    return tidy(() => {
      const { gradParams } = this.#back(gradOutput, cache, (node, grad, ofBox) => {
        const first = this.#isFirst(node);
        const step = first ? { gradParams: node.box.sweep(grad, ofBox) } : node.box.backprop(grad, ofBox);
        release(cache.caches.pop());
        return step;
      });
      return gradParams;
    });
  }

  override updateBuffers({ caches }: GraphCache): void {
    this.nodes.forEach(({ box }, i) => box.updateBuffers(caches[i]));
  }

  override children(): readonly Child[] {
    return this.nodes.map(({ name, box }) => [name, box]);
  }

  /** Runs the nodes in order, and lets each value go behind the last that takes it. */
  #run(input: Value<I>, run: (box: Node['box'], given: Value) => Value): Value<O> {
    const values = new Map<string, Tensor>();
    const uses = new Map(this.#uses);
    for (const [name, value] of this.#pairs('forward', 'inputs', this.inputs, input)) {
      values.set(name, value.clone());
    }
    for (const { name, box, from, gives } of this.nodes) {
      const output = within(placeOf(this, name), () => run(box, take(from, values)));
      for (const used of listOf(from)) {
        const left = uses.get(used)! - 1;
        uses.set(used, left);
        if (left === 0) values.get(used)?.dispose();
      }
      for (const [given, value] of this.#pairs(name, 'outputs', gives, output)) values.set(given, value);
    }
    return take(this.outputs, values, (value) => value.clone());
  }

  /** Visits the nodes in reverse, each with the sum of the gradients that those behind it have given. */
  #back(
    gradOutput: Value<O>,
    { caches }: GraphCache,
    visit: (node: Node, grad: Value, ofBox: unknown) => { gradInput?: Value; gradParams: Grads },
  ) {
    checkCaches(this, caches, this.nodes.length);
    const grads = new Map<string, Tensor>();
    const gather = (name: string, grad: Tensor) => grads.set(name, accumulate(grads.get(name), grad));
    for (const [name, grad] of this.#pairs('backprop', 'gradients', this.outputs, gradOutput)) {
      gather(name, grad.clone());
    }
    const sum = new GradSum(this);
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i];
      const place = placeOf(this, node.name);
      const grad = take(node.gives, grads);
      const { gradInput, gradParams } = within(place, () => visit(node, grad, caches[i]));
      release(grad);
      sum.add(place, node.box, gradParams);
      if (gradInput === undefined) continue;
      for (const [name, part] of this.#pairs(node.name, 'gradients', node.from, gradInput))
        gather(name, part);
    }
    return { gradInput: () => take(this.inputs, grads), gradParams: sum.grads };
  }

  /** Whether the node has nothing before it that could learn. */
  #isFirst({ from }: Node): boolean {
    return listOf(from).every((name) => listOf(this.inputs).includes(name));
  }

  /** Each name with its tensor; refuses another number of tensors than of names. */
  #pairs(where: string, what: string, names: Names, value: Value): (readonly [string, Tensor])[] {
    const tensors = value instanceof Tensor ? [value] : value;
    const expected = listOf(names);
    if ((typeof names === 'string') !== value instanceof Tensor || tensors.length !== expected.length) {
      throw new BoxError(
        [`${nameOf(this)}.${where}`],
        `expected ${typeof names === 'string' ? 'a tensor' : `a list of ${names.length} tensors`} as ${what}, ` +
          `got ${value instanceof Tensor ? 'a tensor' : show(value)}`,
      );
    }
    return tensors.map((tensor, k) => [expected[k], tensor]);
  }
}

function take<N extends Names>(
  names: N,
  values: ReadonlyMap<string, Tensor>,
  make = (value: Tensor) => value,
) {
  const tensors = listOf(names).map((name) => make(values.get(name)!));
  return (typeof names === 'string' ? tensors[0] : tensors) as Value<N>;
}
