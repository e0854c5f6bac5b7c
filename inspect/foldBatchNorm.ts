import { nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule, Module } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import { Graph } from '../modules/container/graph.ts';
import type { GraphNode } from '../modules/container/graphNodes.ts';

/** The result of `foldBatchNorm`. */
export interface Folded<In, Out> {
  /** A network for inference. It shares all boxes that are not folded with the original. */
  readonly network: Module<In, Out>;
  /** The paths of the normalizations that are left out, such as `stage1.0.residual.body.bn1`. */
  readonly folded: readonly string[];
  /** Disposes the tensors that do not belong to the original. */
  readonly dispose: () => void;
}

/** A box that runs, with the names of the values that it takes. */
interface Step {
  readonly name: string;
  readonly path: string;
  readonly box: AnyModule;
  readonly inputs: readonly string[];
}

/**
 * Merges each batch normalization into the convolution or linear box before it, for inference. With
 * the running mean μ and variance σ², it multiplies each channel by s = γ/√(σ² + ε) and adds
 * t = β − μ s, so
 *
 *   s (W x + b) + t = (s W) x + (s b + t)
 *
 * A normalization is not merged if another box also uses the output of the box before it. The new
 * network is a `Graph` with one node per box. It is valid only as long as the weights of the
 * original do not change. For training, use the original.
 *
 * Errors: a network that takes a list of tensors of any length.
 * Source: Jacob et al. 2018, arXiv:1712.05877, equation 14.
 *
 *     const { network: quick, dispose } = foldBatchNorm(network);
 *     const scores = quick.infer(images);   // as network.infer(images), up to rounding
 */
export function foldBatchNorm<In, Out>(network: Module<In, Out>): Folded<In, Out> {
  const { inputs, steps, outputs } = stepsOf(network);
  const taken = [...steps.flatMap((step) => step.inputs), ...outputs];
  const uses = (value: string) => taken.filter((name) => name === value).length;
  /** The steps that are kept, by the name of the value that each returns. */
  const kept = new Map<string, Step>();
  /** For the output of each box that is left out, the value that replaces it. */
  const standsFor = new Map<string, string>();
  const made = new Set<AnyModule>();
  const folded: string[] = [];
  for (const step of steps) {
    const from = step.inputs.map((name) => standsFor.get(name) ?? name);
    const before = kept.get(from[0]);
    const isOnlyUse = step.inputs.length === 1 && uses(step.inputs[0]) === 1;
    const box = before && isOnlyUse ? foldInto(before.box, step.box) : undefined;
    if (before === undefined || box === undefined) {
      kept.set(step.name, { ...step, inputs: from });
      continue;
    }
    if (made.delete(before.box)) before.box.dispose();
    made.add(box);
    kept.set(before.name, { ...before, box });
    standsFor.set(step.name, before.name);
    folded.push(step.path);
  }
  if (folded.length === 0) return { network, folded, dispose: () => undefined };
  const graph = new Graph<string | readonly string[], string | readonly string[]>({
    inputs: one(inputs, network.arity === 'tensor'),
    nodes: [...kept.values()].map(({ name, box, inputs: from }) => {
      return [name, box, one(from, box.arity === 'tensor')] as GraphNode;
    }),
    outputs: one(
      outputs.map((name) => standsFor.get(name) ?? name),
      outputs.length === 1,
    ),
  });
  return {
    // The graph has the inputs and outputs of the network, but its type does not express this.
    network: graph as unknown as Module<In, Out>,
    folded,
    dispose: () => made.forEach((box) => box.dispose()),
  };
}

/** Returns a box that computes `before` followed by `after`, if there is one. */
function foldInto(before: AnyModule, after: AnyModule): AnyModule | undefined {
  const map = after.channelMap();
  if (map === undefined) return undefined;
  const box = before.withChannelMap(map);
  disposeTensors(map);
  return box;
}

/** Returns the boxes of a network in the order in which they run. */
function stepsOf(network: AnyModule) {
  const inputs = inputsOf(network);
  const names = new Set(inputs);
  const steps: Step[] = [];
  const outputs = propagate(network, inputs, (box, from: readonly string[], path) => {
    const name = newName(path, names);
    steps.push({ name, path, box, inputs: from });
    return name;
  });
  return { inputs, steps, outputs };
}

function inputsOf(network: AnyModule & { readonly inputs?: unknown }): readonly string[] {
  if (network.arity === 'tensor') return ['input'];
  const { inputs } = network;
  if (Array.isArray(inputs) && inputs.every((name) => typeof name === 'string')) return inputs;
  throw new BoxError(
    [`foldBatchNorm > ${nameOf(network)}`],
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
