import type { Variable } from '@tensorflow/tfjs-core';
import { nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import { Module, type AnyModule, type NamedModule, type Params } from './module.ts';

/** Formats the place of a box in its container for messages: `Sequential[2]`, `Residual.body`. */
export function modulePath(container: object, name: string): string {
  return `${nameOf(container)}${/^\d+$/.test(name) ? `[${name}]` : `.${name}`}`;
}

/**
 * Returns the boxes of a container with their names. Boxes in a list are named by their index,
 * boxes in a record by its keys.
 *
 * Errors: a value that is neither a list nor a record; a key that is not a name of letters, digits
 *         and underscores (JavaScript moves keys made of digits to the front of a record).
 */
export function namedChildren<Box>(
  container: object,
  boxes: readonly Box[] | Readonly<Record<string, Box>>,
): [name: string, box: Box][] {
  if (typeof boxes !== 'object' || boxes === null || boxes instanceof Module) {
    throw new BoxError(
      [nameOf(container)],
      `expected a list or record of boxes, got ${show(boxes)}`,
    );
  }
  const children = Object.entries<Box>(boxes as Record<string, Box>);
  if (!Array.isArray(boxes)) for (const [name] of children) checkName(container, name);
  return children;
}

/**
 * Returns the boxes of a container by name.
 *
 * Errors: a child that is not a box, a name with invalid characters, two children with the same
 *         name.
 */
export function childrenByName(
  container: object,
  children: readonly NamedModule[],
): ReadonlyMap<string, AnyModule> {
  const byName = new Map<string, AnyModule>();
  for (const [name, box] of children) {
    if (!/^\d+$/.test(name)) checkName(container, name);
    checkBox(container, name, box);
    if (byName.has(name)) {
      throw new BoxError(
        [nameOf(container)],
        `expected names that differ, got ${show(name)} twice`,
      );
    }
    byName.set(name, box);
  }
  return byName;
}

/** Throws if a child's name cannot be part of the names of parameters. */
export function checkName(container: object, name: string): void {
  if (/^[A-Za-z_]\w*$/.test(name)) return;
  throw new BoxError(
    [nameOf(container)],
    `expected a name of letters, digits and underscores that starts with no digit, got ${show(name)}`,
  );
}

/** Throws if a child is not a box. */
export function checkBox(container: object, name: string, box: unknown): void {
  if (!(box instanceof Module)) {
    throw new BoxError([modulePath(container, name)], `expected a box, got ${show(box)}`);
  }
}

/**
 * Collects the parameters (or the buffers) of the boxes of a container, under the names that they
 * have in the container. A tensor that several boxes share appears once, under the first name.
 */
export function gatherParams(
  children: readonly NamedModule[],
  pick: (box: NamedModule[1]) => Params,
): Params {
  const gathered: Record<string, Variable> = {};
  const seen = new Set<Variable>();
  for (const [path, box] of children) {
    for (const [name, tensor] of Object.entries(pick(box))) {
      if (!seen.has(tensor)) gathered[`${path}.${name}`] = tensor;
      seen.add(tensor);
    }
  }
  return gathered;
}
