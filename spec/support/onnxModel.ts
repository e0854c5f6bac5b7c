import { PbfWriter } from 'pbf';

/** The fields of a message: a number becomes a varint, a text or bytes or a message bytes. */
export type Content = readonly (readonly [
  field: number,
  value: number | string | { readonly float: number } | Uint8Array | Content,
])[];

/** Encodes a message. */
export function encoded(content: Content): Uint8Array {
  const to = new PbfWriter();
  for (const [field, value] of content) {
    if (typeof value === 'number') to.writeVarintField(field, value);
    else if (typeof value === 'string') to.writeStringField(field, value);
    else if ('float' in value) to.writeFloatField(field, value.float);
    else to.writeBytesField(field, value instanceof Uint8Array ? value : encoded(value));
  }
  return to.finish();
}

/** Returns the bytes of float32 numbers. */
export const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** An input or output of a graph. */
export const value = (name: string, ...dims: (number | string)[]): Content => [
  [1, name],
  [
    2,
    [
      [
        1,
        [
          [1, 1],
          [2, dims.map((dim) => [1, [[typeof dim === 'string' ? 2 : 1, dim]]])],
        ],
      ],
    ],
  ],
];

/** A tensor of a file. */
export const tensorOf = (name: string, dims: number[], bytes: Uint8Array, type = 1): Content => [
  ...dims.map((size) => [1, size] as const),
  [2, type],
  [8, name],
  [9, bytes],
];

/** A node with the name `Op_1`. */
export const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  ...more: Content
): Content => [
  ...inputs.map((name) => [1, name] as const),
  ...outputs.map((name) => [2, name] as const),
  [3, `${op}_1`],
  [4, op],
  ...more,
];

/** The bytes of a file with a graph. */
export const model = (graph: Content, opset = 17): Uint8Array =>
  encoded([
    [1, 8],
    [7, graph],
    [8, [[2, opset]]],
  ]);

/** A model with the input x and the output y of the same shape. */
export const network = (nodes: Content[], tensors: Content[], ...dims: (number | string)[]) =>
  model([
    ...nodes.map((one) => [1, one] as const),
    ...tensors.map((one) => [5, one] as const),
    [11, value('x', ...dims)],
    [12, value('y', ...dims)],
  ]);

/** Returns the bytes of int64 numbers. */
export const integers = (...values: number[]) =>
  new Uint8Array(BigInt64Array.from(values, BigInt).buffer);

/** An attribute of a node: an integer, a float that is not one, or a list of integers. */
export function attribute(name: string, value: number | readonly number[]): Content[number] {
  if (typeof value !== 'number')
    return [5, [[1, name], ...value.map((one) => [8, one] as const), [20, 7]]];
  if (Number.isInteger(value)) return [5, [[1, name], [3, value], [20, 2]]]; // prettier-ignore
  return [5, [[1, name], [2, { float: value }], [20, 1]]]; // prettier-ignore
}
