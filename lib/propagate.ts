import { nameOf } from './check.ts';
import { modulePath } from './children.ts';
import type { AnyModule, Carried, Traversal } from './module.ts';
import { argumentOf } from './runBox.ts';

/**
 * Passes values through a network along the same route as the tensors of a forward pass. The values
 * may be shapes, the names of an ONNX graph, or observed tensors. A box that runs twice is visited
 * twice, under the same path. The sum of a Residual is visited as the box `Sum` at `residual.sum`,
 * and the merge of a Branch at `branch.merge`.
 *
 * @param leave is called after each box and each container, with its outputs.
 * @returns the outputs, as a list; it has one entry unless the network returns several tensors.
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
 * Returns the path of a box as it is shown in messages: `Sequential[2] > Residual.body > Linear`
 * for `2.body`.
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

/** Returns the path of a parameter's box, such as `Sequential[2] > Linear` for `2.weight`. */
export function describeParamPath(network: AnyModule, name: string): string {
  return describePath(network, name.slice(0, Math.max(name.lastIndexOf('.'), 0)));
}

/** Describes a parameter: `weight of Sequential[2] > Linear` for `2.weight`. */
export function describeParam(network: AnyModule, name: string): string {
  return `${name.split('.').at(-1)} of ${describeParamPath(network, name)}`;
}
