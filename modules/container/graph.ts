import type { Tensor } from '@tensorflow/tfjs-core';
import { Boxes, type Back, type ContainerCache, type Run } from '../../lib/boxes.ts';
import { accumulate, share } from '../../lib/container.ts';
import {
  listOf,
  zipNamed,
  topologicalSort,
  type GraphNode,
  type Names,
  type Node,
  type Value,
} from './graphNodes.ts';
import {
  Module,
  type Gradients,
  type NamedModule,
  type Context,
  type ForwardResult,
  type Grads,
  type Params,
} from '../../lib/module.ts';

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

export class Graph<I extends Names = string, O extends Names = string> extends Module<
  Value<I>,
  Value<O>,
  ContainerCache
> {
  override readonly params: Params;
  override readonly buffers: Params;
  override readonly arity: 'tensor' | 'list';
  readonly inputs: I;
  readonly outputs: O;
  /** In the order of the forward. */
  readonly nodes: readonly Node[];
  readonly #all: Boxes;
  /** How often each value is taken. */
  readonly #uses: ReadonlyMap<string, number>;

  constructor({ inputs, nodes, outputs }: GraphOptions<I, O>) {
    super();
    this.inputs = inputs;
    this.outputs = outputs;
    this.arity = typeof inputs === 'string' ? 'tensor' : 'list';
    this.nodes = topologicalSort(this, { inputs, outputs }, nodes, (box) =>
      box instanceof Graph ? box : undefined,
    );
    const taken = [...this.nodes.flatMap(({ inputs: from }) => listOf(from)), ...listOf(outputs)];
    this.#uses = new Map(
      taken.map((name) => [name, taken.filter((other) => other === name).length]),
    );
    this.#all = new Boxes(this, this.children());
    this.params = this.#all.params;
    this.buffers = this.#all.buffers;
  }

  forward(input: Value<I>, context?: Context): ForwardResult<Value<O>, ContainerCache> {
    return this.#all.forward(context, (run) => this.#there(input, run));
  }

  override infer(input: Value<I>, context?: Context): Value<O> {
    return this.#all.infer(context, (run) => this.#there(input, run));
  }

  backpropToInput(gradOutput: Value<O>, cache: ContainerCache): Value<I> {
    return this.#all.backpropToInput(cache, (back) => this.#back(gradOutput, back));
  }

  override backpropToParams(gradOutput: Value<O>, cache: ContainerCache): Grads {
    return this.#all.backpropToParams(cache, (back) => this.#back(gradOutput, back));
  }

  override backprop(gradOutput: Value<O>, cache: ContainerCache): Gradients<Value<I>> {
    return this.#all.backprop(cache, (back) => this.#back(gradOutput, back));
  }

  override backpropParams(gradOutput: Value<O>, cache: ContainerCache): Grads {
    return this.#all.sweep(cache, (back) => this.#back(gradOutput, back));
  }

  override updateBuffers(cache: ContainerCache): void {
    this.#all.updateBuffers(cache);
  }

  override children(): readonly NamedModule[] {
    return this.nodes.map(({ name, box }) => [name, box]);
  }

  /** Each node after those that it takes from; a value goes to the last that takes it, to others goes a clone. */
  #there(input: Value<I>, run: Run): Value<O> {
    const values = new Map(zipNamed(this, 'forward', 'input', this.inputs, share(input)));
    const uses = new Map(this.#uses);
    const take = (name: string): Tensor => {
      const [value, left] = [values.get(name)!, uses.get(name)! - 1];
      uses.set(name, left);
      return left === 0 ? value : value.clone();
    };
    for (const { name, box, inputs: from, outputs: gives } of this.nodes) {
      const output = run([name, box], each(from, take));
      for (const [given, value] of zipNamed(this, name, 'output', gives, output))
        values.set(given, value);
    }
    return each(this.outputs, take);
  }

  /** Each node after those that take from it, with the sum of the gradients that they gave. */
  #back(gradOutput: Value<O>, back: Back): Value<I> | undefined {
    const grads = new Map<string, Tensor>();
    const give = (pairs: readonly (readonly [string, Tensor])[]) => {
      for (const [name, grad] of pairs) grads.set(name, accumulate(grads.get(name), grad));
    };
    const take = (name: string) => grads.get(name)!;
    give(zipNamed(this, 'backprop', 'gradOutput', this.outputs, share(gradOutput)));
    for (const { name, box, inputs: from, outputs: gives } of [...this.nodes].reverse()) {
      const first = listOf(from).every((name) => listOf(this.inputs).includes(name));
      const gradInput = back[first ? 'first' : 'through']([name, box], each(gives, take));
      if (gradInput !== undefined) give(zipNamed(this, name, 'gradient', from, gradInput));
    }
    return each(this.inputs, take);
  }
}

function each<N extends Names>(names: N, make: (name: string) => Tensor) {
  return (typeof names === 'string' ? make(names) : names.map(make)) as Value<N>;
}
