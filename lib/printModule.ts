import { nameOf } from './check.ts';
import { show } from './errors.ts';

/** The part of a box that printing reads. */
interface Printable {
  readonly params: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  children(): readonly (readonly [name: string, box: Printable])[];
}

/** Properties that every box has and that are not settings. */
const COMMON = new Set(['params', 'buffers', 'arity', 'noDecay', 'hidesInfinity']);

/**
 * Formats a box as text: its settings in the order in which its constructor sets them, and its
 * children indented below it with their names.
 *
 *     Sequential(
 *       (0): Linear(inFeatures: 2, outFeatures: 3, params: { weight: [3, 2], bias: [3] })
 *       (1): ReLU()
 *     )
 */
export function printModule(box: Printable): string {
  const children = box.children();
  if (children.length === 0) return `${nameOf(box)}(${settings(box).join(', ')})`;
  const lines = children.map(([name, child]) => `(${name}): ${printModule(child)}`);
  const indented = lines.join('\n').replace(/^/gm, '  ');
  return `${nameOf(box)}(\n${indented}\n)`;
}

function settings(box: Printable): string[] {
  const params = Object.entries(box.params).map(
    ([name, { shape }]) => `${name}: ${show([...shape])}`,
  );
  const own = Object.entries(box).flatMap(([name, value]: [string, unknown]) =>
    COMMON.has(name) || !isSetting(value) ? [] : [`${name}: ${show(value)}`],
  );
  return params.length > 0 ? [...own, `params: { ${params.join(', ')} }`] : own;
}

/**
 * Returns whether a property is a plain value or a list of plain values, not a box or a function.
 */
function isSetting(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.length <= 4 && value.every(isSetting);
  return ['number', 'string', 'boolean'].includes(typeof value);
}
