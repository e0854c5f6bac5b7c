import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../../lib/check.ts';
import { BoxpropError, InputError, show } from '../../../lib/errors.ts';
import type { Module } from '../../../lib/module.ts';
import { Graph } from '../../../modules/container/graph.ts';
import type { GraphNames, GraphNode } from '../../../modules/container/graphNodes.ts';
import { Identity } from '../../../modules/identity.ts';
import type { FileAttribute, FileNode, FileValue, OnnxFile } from '../openOnnx.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { GraphBuilder, checkAxes } from './builder.ts';
import { FILTERS } from './filters.ts';
import { FOLDED, ofTensor } from './fold.ts';
import { fuse } from './fuse.ts';
import { ImportNode, type Importer, type Values } from './node.ts';
import { withNewHead, type NewHead } from './newHead.ts';
import { NORMALIZATION } from './normalization.ts';
import { POINTWISE } from './pointwise.ts';
import { POOLS } from './pools.ts';
import { withScores } from './scores.ts';
import { SHAPE } from './shape.ts';
import { PAD } from './pad.ts';
import { RESIZE } from './resize.ts';
import { CONCAT } from './concat.ts';
import { SLICES } from './slices.ts';
import { withoutUnits } from './units.ts';
import {
  channelsLast,
  isJoined,
  newAxis,
  sameAxes,
  shapeOf,
  type Activation,
  type Value,
} from './views.ts';

const IMPORTERS: Readonly<Record<string, Importer>> = {
  ...FILTERS,
  ...POOLS,
  ...POINTWISE,
  ...ARITHMETIC,
  ...NORMALIZATION,
  ...SHAPE,
  ...PAD,
  ...RESIZE,
  ...CONCAT,
  ...SLICES,
  ...FOLDED,
};

/** A node of the file, in the form in which a user's importer receives it. */
export interface OnnxImportNode {
  readonly op: string;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, FileAttribute>;
  /**
   * The inputs that the box takes, with the shapes that they have in the network: the batch first
   * and the channels last.
   */
  readonly inputs: readonly { readonly shape: readonly number[] }[];
  /** The constant inputs, in the order of the file. */
  readonly constants: readonly {
    readonly dims: readonly number[];
    readonly values: ArrayLike<number>;
  }[];
}

/** Makes the box for a node. It takes one tensor if the node has one input, else a list. */
export type OnnxImporter = (
  node: OnnxImportNode,
) => Module<Tensor, Tensor> | Module<readonly Tensor[], Tensor>;

/** The options of `loadOnnx`. */
export interface LoadOnnxOptions {
  /**
   * The shape of one example in the order of the network, such as [height, width, channels], or a
   * list of shapes if the network has several inputs. It is needed only if the file leaves sizes
   * open.
   */
  readonly inputShape?: readonly number[] | readonly (readonly number[])[];
  /**
   * The order of the axes of images at the inputs and outputs of the file. By default it is NHWC
   * for files of boxprop and for inputs that the file transposes first, and else NCHW. The network
   * itself always has NHWC.
   */
  readonly images?: 'NCHW' | 'NHWC';
  /**
   * Functions that make the boxes of operators, by the operator's name. They add operators that
   * boxprop does not know, and replace its own.
   */
  readonly importers?: Readonly<Record<string, OnnxImporter>>;
  /**
   * Gives the last filter of the network random weights for another number of classes, for
   * fine-tuning.
   */
  readonly newHead?: NewHead;
  /** Whether a Softmax at the outputs is left out, so that the network gives scores. */
  readonly scores?: boolean;
  /**
   * Whether the factors and sums that give the outputs their units are left out, so that the
   * network gives standardized numbers. `boxprop export` adds them for targets that are numbers.
   */
  readonly standardized?: boolean;
}

/** A network that was imported from an ONNX file: a graph of boxes, one or more per node. */
export class OnnxNetwork<
  I extends GraphNames = string,
  O extends GraphNames = string,
> extends Graph<I, O> {
  /** The shape of one example of each input, with the channels last. */
  readonly inputShapes: readonly (readonly number[])[];
  /**
   * For each input, the order of the file's axes in the network: [0, 2, 3, 1] for images that have
   * their channels first in the file.
   */
  readonly inputAxes: readonly (readonly number[])[];
  /** The same for each output. */
  readonly outputAxes: readonly (readonly number[])[];
  /** The strings that are stored in the file, by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The path of each node in the file. `toOnnx` names its nodes so again. */
  readonly paths: ReadonlyMap<string, string>;

  constructor(
    graph: { readonly inputs: I; readonly outputs: O; readonly nodes: readonly GraphNode[] },
    ends: Pick<OnnxNetwork, 'inputShapes' | 'inputAxes' | 'outputAxes' | 'metadata' | 'paths'>,
  ) {
    super(graph);
    this.inputShapes = ends.inputShapes;
    this.inputAxes = ends.inputAxes;
    this.outputAxes = ends.outputAxes;
    this.metadata = ends.metadata;
    this.paths = ends.paths;
  }
}

/**
 * Returns the shapes of one example of the inputs and outputs in the order of the network, without
 * reading weights. A size that the file leaves open is undefined.
 */
export function endsOf(model: OnnxFile): {
  readonly inputs: readonly (readonly (number | undefined)[])[];
  readonly outputs: readonly (readonly (number | undefined)[])[];
} {
  const users = usersOf(model.nodes, model.outputs);
  const inputs = model.inputs.filter(({ name }) => users.has(name));
  const isTurned = layoutOf(model, inputs, users) === 'NCHW';
  const shapes = (values: readonly FileValue[]) =>
    values.map(({ dims = [] }) =>
      axesOf(dims.length, isTurned && dims.length > 3)
        .slice(1)
        .map((axis) => dims[axis]),
    );
  return { inputs: shapes(inputs), outputs: shapes(model.outputs) };
}

/** Checks the options of `loadOnnx`. */
export function checkLoadOptions(options: LoadOnnxOptions): void {
  checkOptions('loadOnnx', options, [
    'inputShape',
    'images',
    'importers',
    'newHead',
    'scores',
    'standardized',
  ]);
  const { images } = options;
  if (images === undefined || images === 'NCHW' || images === 'NHWC') return;
  throw new InputError(`loadOnnx: expected images to be "NCHW" or "NHWC", got ${show(images)}`);
}

/** Makes the network of an open ONNX file. */
export async function importOnnx(
  file: string,
  opened: OnnxFile,
  options: LoadOnnxOptions,
): Promise<OnnxNetwork<GraphNames, GraphNames>> {
  const { images, importers = {}, newHead, scores = false, standardized = false } = options;
  const plain = standardized ? await within(file, () => withoutUnits(opened)) : opened;
  const headed =
    newHead === undefined ? plain : await within(file, () => withNewHead(plain, newHead));
  const model = scores ? withScores(headed) : headed;
  const fail = (problem: string) => new InputError(`${file}: ${problem}`);
  const { opset, outputs } = model;
  const nodes = neededNodes(await fuse(model), outputs, fail);
  const build = new GraphBuilder();
  const known = new Map<string, Value>();
  const isOwn = model.producer === 'boxprop';
  for (const [name, tensor] of model.tensors) {
    // A number of an operator's formula is not a parameter. Exporters other than boxprop write it
    // as a tensor without axes.
    const isFixed = isOwn ? isOwnConstant(name) : tensor.dims.length === 0;
    known.set(name, ofTensor(tensor, isFixed));
  }
  const users = usersOf(nodes, outputs);
  const inputs = model.inputs.filter(({ name }) => users.has(name));
  if (inputs.length === 0) throw fail('expected a network with an input, got none that is used');
  const layout = images ?? layoutOf(model, inputs, users);
  const shapes = exampleShapes(options.inputShape, inputs.length);
  const given = inputs.map((input, i) => {
    const end = inputOf(build, input, shapes?.[i], layout, users, fail);
    known.set(input.name, end.value);
    return end;
  });
  const batches = new Set(inputs.flatMap(({ dims }) => dims?.[0] ?? []));
  if (batches.size > 1)
    throw fail(`expected inputs of one batch, got the sizes ${[...batches].join(' and ')}`);
  const taken = new Set<FileNode>();
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const values: Values = {
    of: (name) => known.get(name),
    set: (name, value) => known.set(name, value),
    isUsed: (name) => users.has(name),
    maker: (name) => makers.get(name),
    onlyUser(name) {
      const all = users.get(name);
      return all?.length === 1 ? all[0] : undefined;
    },
    take: (node) => taken.add(node),
  };
  const place = ({ name, op }: FileNode) => `${file}: node ${show(name)} (${op}, opset ${opset})`;
  for (const node of nodes) {
    if (taken.has(node)) continue;
    const at = new ImportNode(node, opset, build, values, place);
    const made = await within(place(node), () => importNode(at, importers));
    const all = 'kind' in made ? [made] : made;
    node.outputs.forEach((name, k) => {
      const value = all.at(k);
      if (name !== '' && value !== undefined) known.set(name, value);
    });
  }
  const results = await within(`${file}: outputs`, () =>
    outputs.map(({ name }) => {
      const value = known.get(name);
      if (value?.kind !== 'activation') {
        throw new InputError(
          `expected ${show(name)} to depend on the network's inputs, got ${value ? 'a constant' : 'nothing'}`,
        );
      }
      return outputOf(build, name, value, layout);
    }),
  );
  const ends = (list: readonly string[]) => (list.length === 1 ? list[0] : list);
  const connections = {
    inputs: ends(given.map(({ value }) => value.name)),
    nodes: build.nodes,
    outputs: ends(results.map(({ name }) => name)),
  };
  return within(file, () =>
    Promise.resolve(
      new OnnxNetwork(connections, {
        inputShapes: given.map(({ value }) => shapeOf(value.stored).slice(1)),
        inputAxes: given.map(({ axes }) => axes),
        outputAxes: results.map(({ axes }) => axes),
        metadata: model.metadata,
        paths: build.paths,
      }),
    ),
  );
}

/**
 * Runs a step of the import. If a box or a check throws, the place is put in front of the message.
 */
async function within<T>(place: string, run: () => Promise<T> | T): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof BoxpropError) || error.message.startsWith(place)) throw error;
    throw new InputError(`${place}: ${error.message}`, { cause: error });
  }
}

async function importNode(at: ImportNode, importers: Readonly<Record<string, OnnxImporter>>) {
  const { op, domain } = at.node;
  if (Object.hasOwn(importers, op)) return importWith(at, importers[op]);
  if (domain !== '') throw at.fail(`the operator ${op} of ${show(domain)} is not supported`);
  if (!Object.hasOwn(IMPORTERS, op)) {
    throw at.fail(
      `the operator ${show(op)} is not supported; give a box for it: loadOnnx(file, { importers })`,
    );
  }
  return IMPORTERS[op](at);
}

/** Imports a node with an importer of the user. */
async function importWith(at: ImportNode, importer: OnnxImporter): Promise<Value> {
  const all = at.node.inputs.flatMap((_, i) => at.input(i) ?? []);
  const inputs = all
    .filter((value) => value.kind === 'activation')
    .map((value) => at.channelsLast(value));
  const constants: { dims: readonly number[]; values: ArrayLike<number> }[] = [];
  for (const value of all) {
    if (value.kind === 'constant')
      constants.push({ dims: value.dims, values: await value.values() });
  }
  if (inputs.length === 0)
    throw at.fail("expected an input that depends on the network's inputs, got only constants");
  const { op, name, attributes } = at.node;
  const given = inputs.map(({ stored }) => ({ shape: shapeOf(stored) }));
  const box = importer({ op, name, attributes, inputs: given, constants });
  const names = inputs.map((input) => input.name);
  const emitted = isMerge(box)
    ? at.build.emitMerge(at.label, box, names)
    : at.build.emit(at.label, box, names[0]);
  return at.images(emitted.name, emitted.shape, inputs[0].file[0]);
}

function isMerge(
  box: Module<Tensor, Tensor> | Module<readonly Tensor[], Tensor>,
): box is Module<readonly Tensor[], Tensor> {
  return box.arity === 'list';
}

/**
 * Returns the nodes on which the outputs depend. Each comes after the nodes whose outputs it uses.
 */
function neededNodes(
  nodes: readonly FileNode[],
  outputs: readonly FileValue[],
  fail: (problem: string) => InputError,
): FileNode[] {
  const made = new Map<string, FileNode>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (made.has(name)) throw fail(`expected each value once, got ${show(name)} twice`);
      made.set(name, node);
    }
  }
  const state = new Map<FileNode, 'open' | 'done'>();
  const order: FileNode[] = [];
  const stack = outputs.flatMap(({ name }) => made.get(name) ?? []).reverse();
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const before = state.get(node);
    if (before === undefined) state.set(node, 'open');
    const waiting = before === undefined ? node.inputs.flatMap((name) => made.get(name) ?? []) : [];
    if (waiting.some((one) => state.get(one) === 'open'))
      throw fail(`expected a graph without a cycle, got one at node ${show(node.name)}`);
    const missing = waiting.filter((one) => !state.has(one));
    if (missing.length > 0) {
      stack.push(...missing.reverse());
      continue;
    }
    stack.pop();
    if (state.get(node) !== 'done') order.push(node);
    state.set(node, 'done');
  }
  // The order of the file is kept if it is valid, because the author of the file knows it.
  const position = new Map(nodes.map((node, k) => [node, k]));
  const sorted = [...order].sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  return isOrdered(sorted) ? sorted : order;
}

function isOrdered(nodes: readonly FileNode[]): boolean {
  const later = new Set(nodes.flatMap(({ outputs }) => outputs));
  return nodes.every(({ inputs, outputs }) => {
    for (const name of outputs) later.delete(name);
    return inputs.every((name) => !later.has(name) && !outputs.includes(name));
  });
}

/** Returns the nodes that use each value. An output of the graph counts as a second use. */
function usersOf(nodes: readonly FileNode[], outputs: readonly FileValue[]) {
  const users = new Map<string, (FileNode | undefined)[]>();
  const add = (name: string, node: FileNode | undefined) => {
    const all = users.get(name);
    if (all === undefined) users.set(name, [node]);
    else all.push(node);
  };
  for (const node of nodes) for (const name of node.inputs) add(name, node);
  for (const { name } of outputs) add(name, undefined);
  return users;
}

/** Returns whether boxprop's export gives this name to a constant that is not a parameter. */
function isOwnConstant(name: string): boolean {
  return /(^|\/)(constant|integers)(_\d+)?$/.test(name);
}

/**
 * Returns the order of the axes of images at the inputs and outputs of the file. Files of
 * TensorFlow and of boxprop have the channels last there, and begin with a transposition to
 * channels first.
 */
function layoutOf(
  { producer }: OnnxFile,
  inputs: readonly FileValue[],
  users: ReadonlyMap<string, readonly (FileNode | undefined)[]>,
): 'NCHW' | 'NHWC' {
  if (producer === 'boxprop') return 'NHWC';
  const images = inputs.filter(({ dims }) => dims?.length === 4);
  const isTransposed = ({ name }: FileValue) =>
    users.get(name)?.every((node) => {
      const perm = node?.op === 'Transpose' ? node.attributes.get('perm') : undefined;
      return Array.isArray(perm) && perm.join() === '0,3,1,2';
    });
  return images.length > 0 && images.every(isTransposed) ? 'NHWC' : 'NCHW';
}

/**
 * Returns the shapes of one example that the caller gives, one per input; undefined if the caller
 * gives none.
 */
function exampleShapes(
  inputShape: LoadOnnxOptions['inputShape'],
  count: number,
): readonly (readonly number[])[] | undefined {
  if (inputShape === undefined) return undefined;
  const isNumber = (size: unknown): size is number => typeof size === 'number';
  const single = inputShape.filter(isNumber);
  const shapes =
    single.length === inputShape.length
      ? [single]
      : inputShape.filter((shape) => typeof shape === 'object');
  const isSize = (size: number) => Number.isSafeInteger(size) && size > 0;
  if (shapes.length !== count || !shapes.flat().every(isSize)) {
    throw new InputError(
      `loadOnnx: expected inputShape to be ${count === 1 ? 'a shape' : `${count} shapes`} of positive integers, got ${show(inputShape)}`,
    );
  }
  return shapes;
}

/** Operators whose sequences have the channels in axis 1. */
const CHANNELS_FIRST =
  /^(Conv|ConvTranspose|BatchNormalization|InstanceNormalization|.*Pool|LRN|GroupNormalization)$/;

/** Makes an input of the network. */
function inputOf(
  build: GraphBuilder,
  { name, dims, isFloat }: FileValue,
  given: readonly number[] | undefined,
  images: 'NCHW' | 'NHWC',
  users: ReadonlyMap<string, readonly (FileNode | undefined)[]>,
  fail: (problem: string) => InputError,
): { readonly value: Activation; readonly axes: readonly number[] } {
  if (!isFloat)
    throw fail(`expected the input ${show(name)} to be a tensor of floats, got another type`);
  const rank = dims?.length ?? (given?.length ?? 0) + 1;
  if (rank < 1)
    throw fail(`expected the input ${show(name)} to have a batch axis, got a single number`);
  const isChannels = users.get(name)?.some((node) => CHANNELS_FIRST.test(node?.op ?? ''));
  const isTurned = images === 'NCHW' && (rank > 3 || (rank === 3 && isChannels === true));
  const axes = axesOf(rank, isTurned);
  const sizes = axes.map((axis) => dims?.[axis]);
  if (given !== undefined && given.length !== rank - 1)
    throw fail(`expected an inputShape of ${rank - 1} sizes, got ${show([...given])}`);
  const shape = sizes.map((size, k) => {
    if (k === 0) return size !== undefined && size > 0 ? size : 1;
    const own = given?.[k - 1];
    if (size !== undefined && size > 0) {
      if (own === undefined || own === size) return size;
      throw fail(`expected an inputShape of ${openSizes(sizes)}, got ${show([...(given ?? [])])}`);
    }
    if (own !== undefined) return own;
    throw fail(
      `the file leaves sizes of the input ${show(name)} open, ${openSizes(sizes)}: give loadOnnx(file, { inputShape })`,
    );
  });
  checkAxes(shape);
  const batch = [{ size: shape[0], isBatch: true }];
  const stored = [batch, ...shape.slice(1).map(newAxis)];
  const file = stored.map((_, axis) => stored[axes.indexOf(axis)]);
  // A network takes batches of any size. The shapes in the graph are those of a batch of one.
  const own = build.input(name, [1, ...shape.slice(1)]);
  return { value: { kind: 'activation', name: own, file, stored }, axes };
}

/** Formats the sizes of an example. A size that the file leaves open is `?`. */
function openSizes(sizes: readonly (number | undefined)[]): string {
  return `[${sizes
    .slice(1)
    .map((size) => size ?? '?')
    .join(', ')}]`;
}

/** Returns the order of the file's axes in the network. */
function axesOf(rank: number, isTurned: boolean): readonly number[] {
  const axes = Array.from({ length: rank }, (_, k) => k);
  return isTurned ? [0, ...axes.slice(2), 1] : axes;
}

/**
 * Makes an output of the network. Images that have their channels first in the file get them last.
 */
function outputOf(
  build: GraphBuilder,
  wanted: string,
  value: Activation,
  images: 'NCHW' | 'NHWC',
): { readonly name: string; readonly axes: readonly number[] } {
  const { file, stored } = value;
  if (isJoined(file[0]))
    throw new InputError(
      `expected ${show(wanted)} to have the batch as its first axis, got one that joins it with other axes`,
    );
  const last = channelsLast(file);
  const isTurned =
    images === 'NCHW' && (file.length > 3 || (file.length === 3 && sameAxes(stored, last))); // prettier-ignore
  const { name } = build.arrange(wanted, value, isTurned ? last : file);
  // If the network returns one of its inputs, no node makes this value, so an Identity is added.
  const isNode = build.nodes.some(([own]) => own === name);
  const axes = axesOf(file.length, isTurned);
  return { name: isNode ? name : build.emit(wanted, new Identity(), name).name, axes };
}
