import { InputError, show } from '../../../lib/errors.ts';
import { numElements } from '../../../lib/shapes.ts';
import type { FileNode } from '../openOnnx.ts';
import type { Emitted, GraphBuilder, OneInput } from './builder.ts';
import {
  channelsLast,
  isBatch,
  newAxis,
  sameAtoms,
  shapeOf,
  withBatchApart,
  type Activation,
  type Atom,
  type Axes,
  type Constant,
  type Entry,
  type Value,
} from './views.ts';

/** The largest list of integers that is computed from constants. */
const LONGEST_LIST = 2 ** 16;

/** The values of the file, and the nodes that use them. */
export interface Values {
  readonly of: (name: string) => Value | undefined;
  readonly set: (name: string, value: Value) => void;
  /**
   * Returns the node that uses a value, if there is exactly one and the graph does not return the
   * value.
   */
  readonly onlyUser: (name: string) => FileNode | undefined;
  /** Returns the node that makes a value. */
  readonly maker: (name: string) => FileNode | undefined;
  /** Returns whether a node or the graph uses a value. */
  readonly isUsed: (name: string) => boolean;
  /** Marks a node as imported. */
  readonly take: (node: FileNode) => void;
}

/**
 * Imports a node: adds boxes to the graph, and returns the node's outputs. An output that no other
 * node uses may be undefined.
 */
export type Importer = (at: ImportNode) => Promise<Imported> | Imported;

type Imported = Value | readonly (Value | undefined)[];

/** A node that is being imported. */
export class ImportNode {
  readonly node: FileNode;
  readonly opset: number;
  readonly build: GraphBuilder;
  readonly values: Values;
  readonly #place: (node: FileNode) => string;
  readonly #used = new Set<string>();

  constructor(
    node: FileNode,
    opset: number,
    build: GraphBuilder,
    values: Values,
    place: (node: FileNode) => string,
  ) {
    this.node = node;
    this.opset = opset;
    this.build = build;
    this.values = values;
    this.#place = place;
  }

  /** The name for the boxes of this node. */
  get label(): string {
    const { name, outputs, op } = this.node;
    // A name such as `17` tells a reader nothing, so the operator is put in front.
    const given = name === '' ? (outputs[0] ?? '') : name;
    return /^\d*$/.test(given) ? `${op}_${given}` : given;
  }

  fail(problem: string): InputError {
    return new InputError(`${this.#place(this.node)}: ${problem}`);
  }

  number(name: string, otherwise: number): number {
    const value = this.#attribute(name) ?? otherwise;
    if (typeof value === 'number') return value;
    throw this.fail(`expected the attribute ${name} to be a number, got ${show(value)}`);
  }

  text(name: string, otherwise: string): string {
    const value = this.#attribute(name) ?? otherwise;
    if (typeof value === 'string') return value;
    throw this.fail(`expected the attribute ${name} to be a text, got ${show(value)}`);
  }

  /** Returns a list of numbers, or undefined if there is no such attribute. */
  list(name: string): readonly number[] | undefined {
    const value = this.#attribute(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) {
      const numbers = value.filter((one) => typeof one === 'number');
      if (numbers.length === value.length) return numbers;
    }
    throw this.fail(`expected the attribute ${name} to be a list of numbers, got ${show(value)}`);
  }

  has(name: string): boolean {
    return this.node.attributes.has(name);
  }

  #attribute(name: string) {
    this.#used.add(name);
    return this.node.attributes.get(name);
  }

  /** Returns an input, or undefined if it is left out. */
  input(i: number): Value | undefined {
    const name = this.node.inputs.at(i);
    if (name === undefined || name === '' || i >= this.node.inputs.length) return undefined;
    const value = this.values.of(name);
    if (value === undefined) throw this.fail(`its input ${show(name)} is not a value of the graph`);
    return value;
  }

  /** Returns the node that makes an input. */
  maker(i: number): ImportNode | undefined {
    const node = this.values.maker(this.node.inputs[i] ?? '');
    return node && new ImportNode(node, this.opset, this.build, this.values, this.#place);
  }

  /** Returns an input that depends on the network's inputs. */
  activation(i: number): Activation {
    const value = this.input(i);
    if (value?.kind === 'activation') return value;
    throw this.fail(
      `expected input ${i} to depend on the network's inputs, got ${value ? 'a constant' : 'none'}`,
    );
  }

  /** Returns a constant input, or undefined if it is left out. */
  optional(i: number): Constant | undefined {
    const value = this.input(i);
    if (value === undefined || value.kind === 'constant') return value;
    throw this.fail(`expected input ${i} to be constant, got a value of the network`);
  }

  constant(i: number): Constant {
    const value = this.optional(i);
    if (value !== undefined) return value;
    throw this.fail(`expected ${i + 1} inputs, got ${this.node.inputs.length}`);
  }

  /** Returns the single number of a constant input, or undefined if it is left out. */
  async single(i: number): Promise<number | undefined> {
    const value = this.optional(i);
    if (value === undefined) return undefined;
    const number = await this.singleOf(value);
    if (number !== undefined) return number;
    throw this.fail(`expected input ${i} to be one number, got the shape ${show([...value.dims])}`);
  }

  /**
   * Returns the number of a constant with one element; undefined if it has more elements, or is the
   * size of the batch.
   */
  async singleOf(value: Constant): Promise<number | undefined> {
    if (numElements(value.dims) !== 1 || value.entries !== undefined) return undefined;
    return (await value.values())[0];
  }

  /** Returns the entries of a constant list of integers. An entry may be the size of the batch. */
  async entries(value: Constant): Promise<readonly Entry[]> {
    if (value.entries !== undefined) return value.entries;
    if (numElements(value.dims) > LONGEST_LIST)
      throw this.fail(`expected a list of at most ${LONGEST_LIST} integers, got more`);
    return Array.from(await value.values());
  }

  /**
   * Returns a list of integers. It is an input, or in older versions of the operator an attribute.
   * Returns undefined if it is left out.
   */
  async integers(i: number, attribute?: string): Promise<readonly number[] | undefined> {
    const old = attribute === undefined ? undefined : this.list(attribute);
    if (old !== undefined) return old;
    const value = this.optional(i);
    if (value === undefined) return undefined;
    const entries = await this.entries(value);
    const numbers = entries.filter((one) => one !== 'batch');
    if (numbers.length === entries.length) return numbers;
    throw this.fail(
      `expected input ${i} to consist of integers, got the size of the batch among them`,
    );
  }

  /** Makes a constant of integers. */
  list1(entries: readonly Entry[], dims: readonly number[] = [entries.length]): Constant {
    const values = () => Promise.resolve(entries.map((one) => (one === 'batch' ? 1 : one)));
    const isBatch = entries.includes('batch');
    return {
      kind: 'constant',
      name: this.node.outputs[0] ?? '',
      dims,
      isFixed: true,
      isInteger: true,
      values,
      ...(isBatch && { entries }),
    };
  }

  /** Returns the index of an axis, which the file may count from the end with a negative number. */
  axis(axis: number, rank: number): number {
    const counted = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
    throw this.fail(`expected an axis of the ${rank} axes of its input, got ${axis}`);
  }

  /** Adds a box that computes element by element. The view of its output is that of its input. */
  elementwise(value: Activation, box: OneInput, label = this.label): Activation {
    return { ...value, name: this.build.emit(label, box, value.name).name };
  }

  /**
   * Adds a box, and returns the name and the shape of its output. The caller makes the output's
   * view.
   */
  emit(box: OneInput, from: Activation, label = this.label): Emitted {
    return this.build.emit(label, box, from.name);
  }

  /** Rearranges a value to images or sequences with the channels last. */
  channelsLast(value: Activation): Activation {
    return this.arranged(value, channelsLast(value.file));
  }

  /** Rearranges a value so that its tensor has the axes of the file. */
  asInFile(value: Activation): Activation {
    return this.arranged(value, value.file);
  }

  /**
   * Rearranges a value so that its tensor has the batch and then the other axes of the file, in
   * their order.
   */
  batchFirst(value: Activation): Activation {
    const [batch, ...none] = value.file.flat().filter((atom) => atom.isBatch);
    if (batch === undefined || none.length > 0) return this.asInFile(value);
    const at = value.file.findIndex((axis) => axis.includes(batch));
    const others = value.file.map((axis) => axis.filter((atom) => atom !== batch));
    const isApart = others[at].length === 0;
    return this.arranged(value, [[batch], ...others.filter((_, k) => k !== at || !isApart)]);
  }

  /**
   * Rearranges a value so that its tensor has the wanted axes. If the first one joins the batch
   * with other axes, these become an axis of their own.
   */
  arranged(value: Activation, axes: Axes): Activation {
    const wanted = withBatchApart(axes);
    if (!isBatch(wanted[0])) {
      throw this.fail(
        `expected the batch to be the first axis, got an input of shape ${show(shapeOf(value.file))}`,
      );
    }
    return this.build.arrange(this.label, value, wanted);
  }

  /**
   * Rearranges a value so that one axis of the file is the last axis of its tensor. Returns the
   * value and the order of the atoms along that axis. For flattened images, this is the order of
   * the network's tensor, so the caller must reorder its constants.
   */
  featuresLast(value: Activation, axis = 1): { value: Activation; order: readonly Atom[] } {
    const features = value.file[axis];
    const own = value.stored.slice(1).flat();
    // Flattened images keep the order of the network's tensor. Any other axis gets the order of the
    // file, so that a channel shuffle of the file becomes a box.
    if (value.file.length === 2 && axis === 1 && value.stored.length > 2 && isBatch(value.file[0]))
      // prettier-ignore
      return { value: this.arranged(value, [value.file[0], own]), order: own };
    const last = value.stored[value.stored.length - 1];
    if (value.stored.length > 1 && sameAtoms(last, features)) return { value, order: features };
    const others = value.file.filter((_, k) => k !== axis);
    return { value: this.arranged(value, [...others, features]), order: features };
  }

  /** Makes the view of images or sequences whose tensor has its channels last. */
  images(name: string, shape: readonly number[], batch: readonly Atom[]): Activation {
    if (!isBatch(batch))
      throw this.fail(
        'expected the batch as the first axis, got one that joins it with other axes',
      );
    const stored = [batch, ...shape.slice(1).map(newAxis)];
    const file =
      shape.length < 3 ? stored : [stored[0], stored[stored.length - 1], ...stored.slice(1, -1)];
    return { kind: 'activation', name, stored, file };
  }
}
