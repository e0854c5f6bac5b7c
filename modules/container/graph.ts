import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../lib/check.ts';
import { Container, type Back, type Routed, type Run } from '../../lib/container.ts';
import { accumulate, share } from '../../lib/gradSum.ts';
import {
  listOf,
  topologicalSort,
  zipNamed,
  type GraphNode,
  type GraphNames,
  type SortedNode,
  type GraphValue,
} from './graphNodes.ts';

/** The options of `Graph`. */
export interface GraphOptions<I extends GraphNames, O extends GraphNames> {
  /** The names of the inputs. */
  readonly inputs: I;
  /** The nodes, in any order. */
  readonly nodes: readonly GraphNode[];
  /**
   * The names of the outputs: names of nodes, or `node.output` for an output of a node that is a
   * graph.
   */
  readonly outputs: O;
}

/**
 * Boxes that are connected in any way that has no cycle.
 *
 *   forward            x_i = F_i(x_j for j → i, w_i), each node after its sources
 *   backpropToInput    ∂C/∂x_j = Σ_{i: j → i} ∂C/∂x_i · ∂F_i/∂x_j, each node after its users
 *   backpropToParams   ∂C/∂w_i = ∂C/∂x_i · ∂F_i/∂w_i
 *
 * A node takes one tensor, or a list if its box merges several tensors. One name for inputs or
 * outputs stands for a tensor, a list of names for a list of tensors. An output that other nodes
 * use also receives the gradients of these nodes. A graph or another container with a list of
 * outputs may be a node; its outputs are then named `node.output`. Parameters are named
 * `node.weight`. If two nodes have the same box, each of its parameters has only one name, and the
 * gradients are summed.
 *
 * Shapes: those of the boxes.
 * Errors: those of the boxes, with the node in front: `Graph.conv > Conv2D.forward: ...`; at
 *         construction, a cycle; two nodes with the same name; a name with characters other than
 *         letters, digits and underscores; an unused input or node; a list of names for a box that
 *         takes one tensor, or one name for a box that takes a list.
 *
 *     const gate = new Graph({
 *       inputs: 'image',
 *       nodes: [
 *         ['conv', new Conv2D(3, 8, 3, { padding: 1, rng }), 'image'],
 *         ['gate', new Sigmoid(), 'conv'],
 *         ['gated', new Product(), ['conv', 'gate']],
 *       ],
 *       outputs: 'gated',
 *     });
 *     gate.infer(images);   // [N, H, W, 8]
 */
export class Graph<I extends GraphNames = string, O extends GraphNames = string> extends Container<
  GraphValue<I>,
  GraphValue<O>
> {
  override readonly arity: 'tensor' | 'list';
  override readonly inputs: I;
  override readonly outputs: O;
  /** The nodes in the order in which they run. */
  readonly nodes: readonly SortedNode[];
  /** For each value, the number of nodes and outputs that use it. */
  readonly #uses: ReadonlyMap<string, number>;

  constructor(options: GraphOptions<I, O>) {
    checkOptions(new.target.name, options, ['inputs', 'nodes', 'outputs']);
    const { inputs, nodes, outputs } = options;
    const sorted = topologicalSort(new.target.prototype, { inputs, outputs }, nodes);
    super(sorted.map(({ name, box }) => [name, box]));
    this.inputs = inputs;
    this.outputs = outputs;
    this.arity = typeof inputs === 'string' ? 'tensor' : 'list';
    this.nodes = sorted;
    const used = [...sorted.flatMap((node) => listOf(node.inputs)), ...listOf(outputs)];
    this.#uses = new Map(used.map((name) => [name, used.filter((other) => other === name).length]));
  }

  /**
   * Runs each node after the nodes whose values it takes. The last user of a value gets the value
   * itself, and the earlier users get clones.
   */
  protected route<V>(input: Routed<GraphValue<I>, V>, run: Run<V>): Routed<GraphValue<O>, V> {
    const values = new Map(zipNamed<V>(this, 'forward', 'input', this.inputs, input));
    const uses = new Map(this.#uses);
    const take = (name: string): V => {
      const [value, left] = [values.get(name)!, uses.get(name)! - 1];
      uses.set(name, left);
      return left === 0 ? value : share(value);
    };
    for (const { name, box, inputs, outputs } of this.nodes) {
      const output = run([name, box], each(inputs, take));
      for (const [given, value] of zipNamed<V>(this, name, 'output', outputs, output))
        values.set(given, value);
    }
    return each(this.outputs, take);
  }

  /**
   * Visits each node after the nodes that use its value, with the sum of the gradients that those
   * nodes returned.
   */
  protected backRoute(gradOutput: GraphValue<O>, back: Back): GraphValue<I> | undefined {
    const grads = new Map<string, Tensor>();
    const give = (pairs: readonly (readonly [string, Tensor | undefined])[]) => {
      for (const [name, grad] of pairs)
        if (grad !== undefined) grads.set(name, accumulate(grads.get(name), grad));
    };
    const take = (name: string) => grads.get(name)!;
    give(zipNamed(this, 'backprop', 'gradOutput', this.outputs, gradOutput));
    for (const { name, box, inputs, outputs } of [...this.nodes].reverse()) {
      const isFirst = listOf(inputs).every((from) => listOf(this.inputs).includes(from));
      const gradInput = back[isFirst ? 'toInput' : 'through']([name, box], each(outputs, take));
      if (gradInput !== undefined) give(zipNamed(this, name, 'gradient', inputs, gradInput));
    }
    return each(this.inputs, take);
  }
}

/**
 * Makes one value for one name, or a list of values for a list of names. The types `GraphValue` and
 * `Routed` express the same, but TypeScript cannot resolve them for names that are a type
 * parameter.
 */
function each<V>(names: GraphNames, make: (name: string) => V) {
  return (typeof names === 'string' ? make(names) : names.map(make)) as V & readonly V[];
}
