import { Branch } from '../modules/container/branch.ts';
import { Graph } from '../modules/container/graph.ts';
import { Residual } from '../modules/container/residual.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { nameOf } from './check.ts';
import { modulePath } from './container.ts';
import { withPath } from './errors.ts';
import { listOf, type Names } from '../modules/container/graphNodes.ts';
import type { NamedModule } from './module.ts';

/** Any box, whatever it takes and gives. */
export type AnyModule = NamedModule[1];

/** What a box that is no container makes of its inputs. The path is `stage1.0.residual.body.conv1`. */
export type Visit<V> = (box: AnyModule, inputs: readonly V[], path: string) => V;

/** What a box or a container at a path gave. */
export type Leave<V> = (outputs: readonly V[], path: string) => void;

/** Runs `run` in the name of a box: what goes wrong inside says its path first, if it has one. */
export function withOptionalPath<T>(path: string, run: () => T): T {
  return path === '' ? run() : withPath(path, run);
}

/** The path of a box in a network as messages have it: `Sequential[2] > Residual.body > Linear` for `2.body`. */
export function describePath(network: AnyModule, path: string, box: AnyModule): string {
  let at = network;
  const places =
    path === ''
      ? []
      : path.split('.').map((name) => {
          const place = modulePath(at, name);
          at = at.children().find(([child]) => child === name)?.[1] ?? box;
          return place;
        });
  return [...places, nameOf(box)].join(' > ');
}

/** The place of a parameter's box, such as `Sequential[2] > Linear` for `2.weight`. */
export function describeParamPath(network: AnyModule, name: string): string {
  const path = name.slice(0, Math.max(name.lastIndexOf('.'), 0));
  const names = path === '' ? [] : path.split('.');
  const box = names.reduce<AnyModule | undefined>(
    (at, name) => at?.children().find(([child]) => child === name)?.[1],
    network,
  );
  return describePath(network, path, box ?? network);
}

/** `weight of Sequential[2] > Linear` for `2.weight`. */
export function describeParam(network: AnyModule, name: string): string {
  return `${name.split('.').at(-1)} of ${describeParamPath(network, name)}`;
}

/**
 * Goes through a network as its forward does, with something else than tensors: shapes, or the names of an ONNX graph.
 * A Residual's sum is a box `Sum` at `residual.sum`, a Branch's merge one at `branch.merge`.
 * @param leave hears of containers too.
 * @returns the outputs: one, but for a Graph that has a list of them.
 */
export function propagate<V>(
  box: AnyModule,
  inputs: readonly V[],
  visit: Visit<V>,
  path = '',
  leave: Leave<V> = () => undefined,
): readonly V[] {
  const outputs = inOrder(box, inputs, visit, path, leave);
  leave(outputs, path);
  return outputs;
}

function inOrder<V>(
  box: AnyModule,
  inputs: readonly V[],
  visit: Visit<V>,
  path: string,
  leave: Leave<V>,
): readonly V[] {
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  const through = ([name, child]: NamedModule, from: readonly V[]) =>
    propagate(child, from, visit, inside(name), leave);
  if (box instanceof Sequential) {
    return box.children().reduce((values, child) => through(child, values), inputs);
  }
  if (box instanceof Residual) {
    const both = box.children().flatMap((child) => through(child, inputs));
    return [visit(box.sum, both, inside('sum'))];
  }
  if (box instanceof Branch) {
    const all = box.children().flatMap((child) => through(child, inputs));
    return [visit(box.merge, all, inside('merge'))];
  }
  if (isGraph(box)) {
    const values = new Map(listOf(box.inputs).map((name, i) => [name, inputs[i]]));
    const valueOf = (name: string) => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`${inside(name)}: a node before what it takes from`);
      return value;
    };
    for (const { name, box: child, inputs: from, outputs: gives } of box.nodes) {
      const given = through([name, child], listOf(from).map(valueOf));
      listOf(gives).forEach((output, i) => values.set(output, given[i]));
    }
    return listOf(box.outputs).map(valueOf);
  }
  return [visit(box, inputs, path)];
}

function isGraph(box: unknown): box is Graph<Names, Names> {
  return box instanceof Graph;
}
