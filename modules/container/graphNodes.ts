import type { Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../../lib/check.ts';
import { isList } from '../../lib/isList.ts';
import { checkBox, checkName, modulePath } from '../../lib/children.ts';
import { Container } from '../../lib/container.ts';
import { BoxError, show } from '../../lib/errors.ts';
import type { Module } from '../../lib/module.ts';

/** A single name stands for a tensor, and a list of names for a list of tensors. */
export type GraphNames = string | readonly string[];

/** The value that belongs to names: a tensor for a name, a list of tensors for a list of names. */
export type GraphValue<N extends GraphNames = GraphNames> = N extends string
  ? Tensor
  : readonly Tensor[];

/** The name of a node, its box, and the inputs or nodes whose values it takes. */
export type GraphNode =
  | readonly [name: string, box: Module<Tensor, GraphValue>, from: string]
  | readonly [name: string, box: Module<readonly Tensor[], GraphValue>, from: readonly string[]];

/** A node in the form in which the graph runs it. */
export interface SortedNode {
  readonly name: string;
  readonly box: Module<GraphValue, GraphValue>;
  readonly inputs: GraphNames;
  /**
   * The names of the node's outputs: its own name, or `name.output` for each output if its box is a
   * graph, or another container, with a list of outputs.
   */
  readonly outputs: GraphNames;
}

/** The names of a graph's inputs and outputs. */
export interface GraphEnds {
  readonly inputs: GraphNames;
  readonly outputs: GraphNames;
}

/**
 * Returns the names that a container states for its inputs and outputs, or undefined for any other
 * box.
 */
function endsOf(box: unknown): Partial<GraphEnds> | undefined {
  return box instanceof Container ? box : undefined;
}

/** Returns the names as a list. */
export function listOf(names: GraphNames): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

/**
 * Pairs each name with its value. Throws for a list of values with one name, and for one value with
 * a list of names.
 */
export function zipNamed<V>(
  graph: object,
  where: string,
  what: string,
  names: GraphNames,
  value: unknown,
): (readonly [name: string, value: V])[] {
  const single = typeof names === 'string';
  if (
    single ? !isList(value) && value !== undefined : isList(value) && value.length === names.length
  ) {
    const values = (isList(value) ? value : [value]) as readonly V[];
    return listOf(names).map((name, k) => [name, values[k]]);
  }
  throw new BoxError(
    [`${nameOf(graph)}.${where}`],
    `expected ${what} to be ${single ? 'a tensor' : `a list of ${names.length} tensors`}, got ${show(value)}`,
  );
}

/**
 * Checks the connections of a graph, and sorts its nodes so that each comes after all nodes whose
 * values it takes. Nodes keep their listed order if the connections allow several orders.
 */
export function topologicalSort(
  graph: object,
  { inputs, outputs }: GraphEnds,
  nodes: readonly GraphNode[],
): SortedNode[] {
  const fail = (expected: string, got: string) => {
    throw new BoxError([nameOf(graph)], `expected ${expected}, got ${got}`);
  };
  const names = [...listOf(inputs), ...nodes.map(([name]) => name)];
  names.forEach((name, i) => {
    checkName(graph, name);
    if (names.indexOf(name) < i) fail('names that differ', `${show(name)} twice`);
  });
  for (const [what, list] of Object.entries({ inputs, outputs })) {
    if (list.length === 0) fail(`a name or more of ${what}`, 'none');
  }
  const wired = nodes.map(([name, box, from]): SortedNode => {
    checkBox(graph, name, box);
    const ends = endsOf(box);
    checkFrom(modulePath(graph, name), box, from, ends);
    const gives =
      typeof ends?.outputs === 'object' ? ends.outputs.map((output) => `${name}.${output}`) : name;
    return { name, box: box, inputs: from, outputs: gives };
  });

  const known = new Set([
    ...listOf(inputs),
    ...wired.flatMap(({ outputs: gives }) => listOf(gives)),
  ]);
  const used = new Set([...wired.flatMap(({ inputs: from }) => listOf(from)), ...listOf(outputs)]);
  for (const name of used) {
    if (!known.has(name)) fail(`names out of ${[...known].join(', ')}`, show(name));
  }
  for (const name of known) {
    if (!used.has(name)) fail('all that is given to be used', `no use of ${show(name)}`);
  }
  return inOrder(graph, listOf(inputs), wired);
}

/**
 * Throws if a box that takes one tensor is given a list of names, if a box that takes a list is
 * given one name, or if the length of a list differs from the number of a graph's inputs.
 */
function checkFrom(
  place: string,
  box: Pick<Module, 'arity'>,
  from: GraphNames,
  ends: Partial<GraphEnds> | undefined,
): void {
  const most = typeof ends?.inputs === 'object' ? ends.inputs.length : undefined;
  const list = typeof from !== 'string';
  if (
    list === (box.arity === 'list') &&
    (most === undefined || from.length === most) &&
    from.length > 0
  )
    return;
  const wanted =
    box.arity === 'tensor' ? 'one name' : most === undefined ? 'a list of names' : `${most} names`;
  const inputs = box.arity === 'tensor' ? 'input' : 'inputs';
  throw new BoxError(
    [place],
    `expected ${wanted} for the ${inputs} of ${nameOf(box)}, got ${show(from)}`,
  );
}

function inOrder(
  graph: object,
  inputs: readonly string[],
  nodes: readonly SortedNode[],
): SortedNode[] {
  const ready = new Set(inputs);
  const waiting = [...nodes];
  const ordered: SortedNode[] = [];
  while (waiting.length > 0) {
    const at = waiting.findIndex(({ inputs: from }) =>
      listOf(from).every((name) => ready.has(name)),
    );
    if (at < 0)
      throw new BoxError([nameOf(graph)], `expected no cycle, got ${cycleAmong(waiting, ready)}`);
    const [next] = waiting.splice(at, 1);
    for (const name of listOf(next.outputs)) ready.add(name);
    ordered.push(next);
  }
  return ordered;
}

/**
 * Describes a cycle, such as `a > b > a`. It goes from a waiting node to a node that it waits for,
 * and so on, until a node occurs for the second time.
 */
function cycleAmong(waiting: readonly SortedNode[], ready: ReadonlySet<string>): string {
  const path = [waiting[0]];
  for (;;) {
    const missing = listOf(path[0].inputs).find((name) => !ready.has(name));
    const before = waiting.find(
      ({ outputs: gives }) => missing !== undefined && listOf(gives).includes(missing),
    );
    if (before === undefined) throw new Error('a node that waits for nothing');
    path.unshift(before);
    const again = path.indexOf(before, 1);
    if (again > 0) {
      return path
        .slice(0, again + 1)
        .map(({ name }) => name)
        .join(' > ');
    }
  }
}
