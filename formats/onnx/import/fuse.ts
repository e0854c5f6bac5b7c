import { numElements } from '../../../lib/shapes.ts';
import type { FileAttribute, FileNode, OnnxFile } from '../openOnnx.ts';
import { isNear } from './pointwise.ts';

/**
 * A pattern of operators: a variable; a number, which matches a constant of one element; a number
 * that is captured under a name; or an operator with the patterns of its inputs. The inputs of Add
 * and Mul may stand in either order.
 */
type Pattern =
  | { readonly variable: string }
  | { readonly number: number }
  | { readonly capture: string }
  | { readonly op: string; readonly of: readonly Pattern[] };

interface Rule {
  readonly pattern: Pattern;
  /**
   * The operator that replaces the pattern. The variables become its inputs, and the captures its
   * attributes.
   */
  readonly op: string;
  readonly attributes?: Readonly<Record<string, number | string>>;
}

const x: Pattern = { variable: 'x' };
const number = (value: number): Pattern => ({ number: value });
const capture = (name: string): Pattern => ({ capture: name });
const node = (op: string, ...of: readonly Pattern[]): Pattern => ({ op, of });

const erf = (inside: Pattern) => node('Add', node('Erf', inside), number(1));
const byRoot = node('Div', x, number(Math.SQRT2));
const timesRoot = node('Mul', x, number(Math.SQRT1_2));
const cubed = [node('Mul', node('Mul', x, x), x), node('Pow', x, number(3))];
const tanhs = cubed.map((cube) => {
  const bent = node('Add', x, node('Mul', cube, number(0.044715)));
  return node('Add', node('Tanh', node('Mul', bent, number(Math.sqrt(2 / Math.PI)))), number(1));
});
const cdfs = [erf(byRoot), erf(timesRoot)];
const scaled = node('Mul', x, capture('beta'));

/**
 * Returns the patterns in which exporters write GELU, ½ x p: x · (½ p), (x p) · ½, and (½ x) · p.
 */
const halves = (p: Pattern): Pattern[] => [
  node('Mul', x, node('Mul', p, number(0.5))),
  node('Mul', node('Mul', x, p), number(0.5)),
  node('Mul', node('Mul', x, number(0.5)), p),
];

/**
 * The patterns of operators that exporters write for a single box of boxprop. The first one that
 * matches is used.
 */
const RULES: readonly Rule[] = [
  ...cdfs.flatMap(halves).map((pattern) => ({ pattern, op: 'Gelu' })),
  ...tanhs
    .flatMap(halves)
    .map((pattern) => ({ pattern, op: 'Gelu', attributes: { approximate: 'tanh' } })),
  {
    pattern: node(
      'Where',
      node('Greater', scaled, capture('threshold')),
      x,
      node('Div', node('Softplus', scaled), capture('beta')),
    ),
    op: 'ScaledSoftplus',
  },
  {
    pattern: node('Where', node('Greater', x, capture('threshold')), x, node('Softplus', x)),
    op: 'ScaledSoftplus',
  },
  {
    pattern: node('Mul', node('Tanh', node('Mul', x, capture('slope'))), capture('amplitude')),
    op: 'ScaledTanh',
  },
  {
    pattern: node('Mul', node('Sign', x), node('Pow', node('Abs', x), capture('root'))),
    op: 'SignedRoot',
  },
  { pattern: node('Mul', x, node('Sigmoid', x)), op: 'Swish' },
  { pattern: node('Mul', x, node('HardSigmoid', x)), op: 'GatedHardSigmoid' },
];

/**
 * The operators with which a pattern ends. Nodes of other operators need not be compared with the
 * patterns.
 */
const ROOTS = new Set(RULES.map(({ pattern }) => ('op' in pattern ? pattern.op : '')));

/** In a file with more nodes than this, no patterns are searched. */
const MOST = 1e5;

/**
 * Replaces patterns of several operators by single operators. Only the last node of a pattern is
 * replaced. The others stay in the list, and are left out later if no output needs them.
 */
export async function fuse(file: OnnxFile): Promise<readonly FileNode[]> {
  const { nodes } = file;
  if (nodes.length > MOST) return nodes;
  const numbers = await scalarsOf(file);
  const made = new Map(nodes.flatMap((one) => one.outputs.map((name) => [name, one] as const)));

  /** Returns the captures of a match, or undefined. */
  function match(pattern: Pattern, name: string, found: Captures): Captures | undefined {
    if ('variable' in pattern) return bind(found, pattern.variable, name);
    const value = numbers.get(name);
    if ('number' in pattern)
      return value !== undefined && isNear(value, pattern.number, 1e-4) ? found : undefined;
    if ('capture' in pattern)
      return value === undefined ? undefined : bind(found, pattern.capture, value);
    const from = made.get(name);
    if (from?.op !== pattern.op || from.domain !== '') return undefined;
    const { inputs } = from;
    if (inputs.length !== pattern.of.length) return undefined;
    const orders = pattern.op === 'Add' || pattern.op === 'Mul' ? [inputs, [...inputs].reverse()] : [inputs]; // prettier-ignore
    for (const order of orders) {
      let all: Captures | undefined = found;
      for (const [k, part] of pattern.of.entries()) all = all && match(part, order[k], all);
      if (all !== undefined) return all;
    }
    return undefined;
  }

  /**
   * Returns the pool for the formula in which boxprop exports an LPPool2D: a signed root of the
   * scaled means of powers. Files of other programs may scale otherwise.
   */
  function signedPool(from: string, root: number) {
    let node = made.get(from);
    while (node?.op === 'Mul') node = made.get(node.inputs[0]);
    const power = node?.op === 'AveragePool' ? made.get(node.inputs[0]) : undefined;
    const p = numbers.get(power?.inputs[1] ?? '');
    if (file.producer !== 'boxprop' || power?.op !== 'Pow' || p === undefined) return undefined;
    if (node === undefined || !isNear(p * root, 1)) return undefined;
    const attributes = new Map<string, FileAttribute>([...node.attributes, ['p', p]]);
    return { op: 'SignedLpPool', inputs: [power.inputs[0]], attributes };
  }

  return nodes.map((one) => {
    if (!ROOTS.has(one.op) || one.outputs.length !== 1) return one;
    for (const { pattern, op, attributes = {} } of RULES) {
      const found = match(pattern, one.outputs[0], new Map());
      const input = found?.get('x');
      if (found === undefined || typeof input !== 'string' || numbers.has(input)) continue;
      // x · HardSigmoid(x) is a HardSwish only if the HardSigmoid is the one of its definition.
      if (op === 'GatedHardSigmoid') {
        const gate = one.inputs.map((name) => made.get(name)).find((n) => n?.op === 'HardSigmoid');
        if (!isSixth(gate)) continue;
        return { ...one, op: 'HardSwish', inputs: [input], attributes: new Map() };
      }
      if (op === 'SignedRoot') {
        const pool = signedPool(input, Number(found.get('root')));
        if (pool === undefined) continue;
        return { ...one, ...pool };
      }
      found.delete('x');
      const all = new Map([...found, ...Object.entries(attributes)]);
      return { ...one, op, inputs: [input], attributes: all };
    }
    return one;
  });
}

type Captures = Map<string, string | number>;

function bind(found: Captures, name: string, value: string | number): Captures | undefined {
  const known = found.get(name);
  if (known !== undefined) return known === value ? found : undefined;
  return new Map(found).set(name, value);
}

function isSixth(gate: FileNode | undefined): boolean {
  const alpha = gate?.attributes.get('alpha');
  const beta = gate?.attributes.get('beta') ?? 0.5;
  return typeof alpha === 'number' && isNear(alpha, 1 / 6, 1e-5) && beta === 0.5;
}

/** Reads the values of all constants that consist of one float. */
async function scalarsOf({ nodes, tensors }: OnnxFile): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const [name, tensor] of tensors) {
    if (numElements(tensor.dims) === 1 && !tensor.isInteger)
      found.set(name, Number((await tensor.values())[0]));
  }
  for (const { op, outputs, attributes } of nodes) {
    if (op !== 'Constant') continue;
    const value = attributes.get('value') ?? attributes.get('value_float');
    if (typeof value === 'number') found.set(outputs[0], value);
    else if (typeof value === 'object' && 'dims' in value && numElements(value.dims) === 1)
      found.set(outputs[0], Number((await value.values())[0]));
  }
  return found;
}
