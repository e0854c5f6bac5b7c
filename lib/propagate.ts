import { nameOf } from './check.ts';
import { modulePath } from './children.ts';
import type { AnyModule, Carried, Traversal } from './module.ts';
import { argumentOf } from './runBox.ts';

/**
 * Takes values through a network as its forward takes tensors: shapes, the names of an ONNX graph,
 * or tensors that somebody watches. Containers lead them along their routes, so a box that runs
 * twice is visited twice, under the same path. The sum of a Residual is the box `Sum` at
 * `residual.sum`; the merge of a Branch stands at `branch.merge`.
 *
 * @param leave hears of every box and container after it, with its outputs.
 * @returns the outputs: one, except for a network that gives a list.
 */
export function propagate<V>(
  network: AnyModule,
  inputs: readonly V[],
  visit: Traversal<V>['visit'],
  leave?: Traversal<V>['leave'],
): readonly V[] {
  const carried = inputs.map((value): Carried<V> => ({ value }));
  const traversal = { visit, ...(leave && { leave }) };
  const outputs = network.traverse(argumentOf(network, carried), traversal, '');
  return [outputs].flat().map(({ value }) => value);
}

/**
 * The path of a box in a network as messages have it: `Sequential[2] > Residual.body > Linear` for
 * `2.body`.
 *
 * @param box the box at the path; by default the child of this name.
 */
export function describePath(network: AnyModule, path: string, box?: AnyModule): string {
  let at = network;
  const names = path === '' ? [] : path.split('.');
  const places = names.map((name) => {
    const place = modulePath(at, name);
    at = at.children().find(([child]) => child === name)?.[1] ?? box ?? at;
    return place;
  });
  return [...places, nameOf(box ?? at)].join(' > ');
}

/** The place of a parameter's box, such as `Sequential[2] > Linear` for `2.weight`. */
export function describeParamPath(network: AnyModule, name: string): string {
  return describePath(network, name.slice(0, Math.max(name.lastIndexOf('.'), 0)));
}

/** `weight of Sequential[2] > Linear` for `2.weight`. */
export function describeParam(network: AnyModule, name: string): string {
  return `${name.split('.').at(-1)} of ${describeParamPath(network, name)}`;
}
