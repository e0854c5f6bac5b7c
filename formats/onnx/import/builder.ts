import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { constant } from '../../../lib/constant.ts';
import { InputError, show } from '../../../lib/errors.ts';
import type { Shape } from '../../../lib/facts.ts';
import { glorotUniform, type Initializer } from '../../../lib/init/initializers.ts';
import { tidy } from '../../../lib/memory.ts';
import type { Module } from '../../../lib/module.ts';
import { factsOf } from '../../../lib/shapes.ts';
import { ChannelShuffle } from '../../../modules/channelShuffle.ts';
import type { GraphNode } from '../../../modules/container/graphNodes.ts';
import { Flatten } from '../../../modules/flatten.ts';
import { Permute } from '../../../modules/permute.ts';
import { Reshape } from '../../../modules/reshape.ts';
import {
  isBatch,
  sameAtoms,
  sameAxes,
  shapeOf,
  sizeOf,
  type Activation,
  type Atom,
  type Axes,
} from './views.ts';

/** A box that takes one tensor, and a box that takes a list. */
export type OneInput = Module<Tensor, Tensor>;
export type ManyInputs = Module<readonly Tensor[], Tensor>;

/** A value of the network: its name and shape. */
export interface Emitted {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * The largest size of an axis. A larger one comes from a damaged file, and computations over all
 * its indices would take too long.
 */
const LARGEST_AXIS = 2 ** 26;

/** A graph of boxes under construction. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  /** The path of each box in the file, by its name in the graph, so that an export names it so. */
  readonly paths = new Map<string, string>();
  readonly #names = new Set<string>();
  readonly #shapes = new Map<string, Shape>();
  readonly #shared = new Map<string, unknown>();

  /** Adds an input, and returns its name. */
  input(wanted: string, shape: Shape): string {
    const name = this.#unused(wanted);
    this.#shapes.set(name, shape);
    return name;
  }

  /** Adds a node for a box that takes one tensor. */
  emit(label: string, box: OneInput, from: string): Emitted {
    return this.#add(label, box, [from], (name) => [name, box, from]);
  }

  /** Adds a node for a box that takes a list of tensors. */
  emitMerge(label: string, box: ManyInputs, from: readonly string[]): Emitted {
    return this.#add(label, box, from, (name) => [name, box, from]);
  }

  /**
   * Makes a box, or returns the box that was made for the same key, so that nodes with the same
   * weights share a box.
   */
  shared<Box extends object>(key: readonly unknown[], make: () => Box): Box {
    const text = JSON.stringify(key);
    const made = this.#shared.get(text) ?? make();
    this.#shared.set(text, made);
    return made as Box;
  }

  /**
   * Adds nodes that rearrange a value's tensor so that it has the wanted axes, unless it has them.
   */
  arrange(label: string, value: Activation, wanted: Axes): Activation {
    const { stored } = value;
    if (sameAxes(stored, wanted)) return value;
    if (!isBatch(wanted[0])) {
      throw new InputError(
        `expected the batch to stay the first axis, got the shape ${show(shapeOf(value.file))}`,
      );
    }
    const [from, to] = [stored.slice(1).flat(), wanted.slice(1).flat()];
    const arranged = { ...value, stored: wanted };
    const groups = swappedRuns(stored, wanted);
    if (groups !== undefined) {
      const { name } = this.emit(`${label}_shuffle`, new ChannelShuffle(groups), value.name);
      return { ...arranged, name };
    }
    if (sameAtoms(from, to))
      return { ...arranged, name: this.reshape(label, value.name, shapeOf(wanted), value.via) };
    // Atoms that stay next to each other, in the same order, are permuted as a single axis.
    const runs: Atom[][] = [];
    for (const atom of from) {
      const last = runs.at(-1)?.at(-1);
      if (last !== undefined && to.indexOf(atom) === to.indexOf(last) + 1) runs.at(-1)?.push(atom);
      else runs.push([atom]);
    }
    const order = runs
      .map((run, k) => ({ at: to.indexOf(run[0]), axis: k + 1 }))
      .sort((a, b) => a.at - b.at)
      .map(({ axis }) => axis);
    const apart = this.reshape(label, value.name, [1, ...runs.map(sizeOf)]);
    const { name } = this.emit(`${label}_permute`, new Permute(order), apart);
    return { ...arranged, name: this.reshape(label, name, shapeOf(wanted)) };
  }

  /** Returns the shape of a value of the network. */
  shapeOf(name: string): Shape {
    return this.#shapes.get(name) ?? [];
  }

  /**
   * Adds a node that reshapes a value, if it has another shape.
   *
   * @param own the name of the box; by default the label with `flatten` or `reshape` behind it.
   */
  reshape(label: string, from: string, shape: Shape, own?: string): string {
    const sizes = shape.slice(1);
    if (show(this.shapeOf(from).slice(1)) === show(sizes)) return from;
    const isFlat = sizes.length === 1 && this.shapeOf(from).length > 2;
    const box = isFlat ? new Flatten() : new Reshape(sizes);
    return this.emit(own ?? `${label}_${isFlat ? 'flatten' : 'reshape'}`, box, from).name;
  }

  #add(
    label: string,
    box: OneInput | ManyInputs,
    from: readonly string[],
    node: (name: string) => GraphNode,
  ): Emitted {
    const shapes = from.map((one) => this.shapeOf(one));
    const { outputShape } = factsOf(box, shapes);
    checkAxes(outputShape);
    const name = this.#unused(label);
    this.#shapes.set(name, outputShape);
    this.paths.set(name, pathOf(label));
    this.nodes.push(node(name));
    return { name, shape: outputShape };
  }

  /** Makes a valid name of letters, digits and underscores that is not used yet. */
  #unused(wanted: string): string {
    const word = wanted
      .replace(/[^A-Za-z0-9_]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .slice(0, 200);
    const base = /^[A-Za-z]/.test(word) ? word : `node_${word}`;
    let name = base;
    for (let i = 2; this.#names.has(name); i++) name = `${base}_${i}`;
    this.#names.add(name);
    return name;
  }
}

/** Returns the path in the name of a node: `layer1/conv1` of `layer1/conv1/Conv`. */
function pathOf(label: string): string {
  return label.replace(/(?<=.)\/[A-Za-z]+(_\d+)?$/, '');
}

/** Throws if an axis is larger than any network needs. */
export function checkAxes(shape: Shape): void {
  if (shape.every((size) => size <= LARGEST_AXIS)) return;
  throw new InputError(
    `expected axes of at most ${LARGEST_AXIS}, got a value of shape ${show([...shape])}`,
  );
}

/**
 * Returns the number of groups of a channel shuffle, which swaps two runs of atoms in the last axis
 * and changes nothing else. Returns undefined for any other difference between the axes.
 */
function swappedRuns(from: Axes, to: Axes): number | undefined {
  if (!sameAxes(from.slice(0, -1), to.slice(0, -1))) return undefined;
  const [a, b] = [from[from.length - 1], to[to.length - 1]];
  const split = a.indexOf(b[0]);
  if (split < 1 || a.length !== b.length) return undefined;
  const isSwap = sameAtoms([...a.slice(split), ...a.slice(0, split)], b);
  return isSwap ? sizeOf(a.slice(0, split)) : undefined;
}

/**
 * Returns an initializer that gives the values of the file once and then forgets them. A box may
 * keep its options, so it would hold its weights twice. If another box is made from these options,
 * its weights are drawn.
 *
 * @param values an array that nobody else uses: the parameter may consist of it.
 */
export function once(values: ArrayLike<number>): Initializer {
  let left: ArrayLike<number> | undefined = values;
  const initializer: Initializer = (shape, fan, rng) => {
    const given = left;
    left = undefined;
    return given ?? glorotUniform(shape, fan, rng);
  };
  return Object.assign(initializer, { isOwned: true });
}

/** Sets a parameter or buffer of a box that has been made. */
export function assign(variable: Variable, values: ArrayLike<number>): void {
  tidy(() => variable.assign(constant(values, variable.shape as [number])));
}
