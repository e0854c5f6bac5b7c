import { nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import type { AnyModule, Module } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import { Graph } from '../modules/container/graph.ts';
import type { GraphNode } from '../modules/container/graphNodes.ts';

/** One run of a box that is not a container, with the names of the values that it takes. */
export interface Step {
  /** The name of the value that the box returns. */
  readonly name: string;
  /** The path of the box in the network. */
  readonly path: string;
  readonly box: AnyModule;
  readonly inputs: readonly string[];
}

/** A network as a list of steps: its boxes in the order in which they run, without containers. */
export interface Steps {
  /** The names of the network's inputs. */
  readonly inputs: readonly string[];
  readonly steps: readonly Step[];
  /** The names of the values that the network returns. */
  readonly outputs: readonly string[];
}

/**
 * Returns the boxes of a network in the order in which they run.
 *
 * Errors: a network that takes a list of tensors of any length. The message begins with `caller`.
 */
export function stepsOf(network: AnyModule, caller: string): Steps {
  const inputs = inputsOf(network, caller);
  const names = new Set(inputs);
  const steps: Step[] = [];
  const outputs = propagate(network, inputs, (box, from: readonly string[], path) => {
    const name = newName(path, names);
    steps.push({ name, path, box, inputs: from });
    return name;
  });
  return { inputs, steps, outputs };
}

/**
 * Returns a graph with one node per step. It has the inputs and outputs of the network from which
 * the steps were made, which has type In → Out.
 */
export function graphOfSteps<In, Out>(
  { arity }: Module<In, Out>,
  { inputs, steps, outputs }: Steps,
): Module<In, Out> {
  const graph = new Graph<string | readonly string[], string | readonly string[]>({
    inputs: one(inputs, arity === 'tensor'),
    nodes: steps.map(({ name, box, inputs: from }) => {
      return [name, box, one(from, box.arity === 'tensor')] as GraphNode;
    }),
    outputs: one(outputs, outputs.length === 1),
  });
  // The graph has the inputs and outputs of the network, but its type does not express this.
  return graph as unknown as Module<In, Out>;
}

function inputsOf(
  network: AnyModule & { readonly inputs?: unknown },
  caller: string,
): readonly string[] {
  if (network.arity === 'tensor') return ['input'];
  const { inputs } = network;
  if (Array.isArray(inputs) && inputs.every((name) => typeof name === 'string')) return inputs;
  throw new BoxError(
    [`${caller} > ${nameOf(network)}`],
    'expected a network of one input or of named inputs, got one that takes any list of tensors',
  );
}

/** Returns the name of a graph's node for a path, such as `box0_body` for `0.body`. */
function newName(path: string, names: Set<string>): string {
  const word = path.replaceAll('.', '_');
  const base = /^[A-Za-z_]/.test(word) ? word : `box${word}`;
  let name = base;
  for (let k = 2; names.has(name); k++) name = `${base}_${k}`;
  names.add(name);
  return name;
}

function one(names: readonly string[], isOne: boolean): string | readonly string[] {
  return isOne ? names[0] : names;
}
