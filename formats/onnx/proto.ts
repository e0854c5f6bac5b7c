import type { PbfWriter } from 'pbf';

/**
 * A node of an ONNX graph. This file writes the protobuf messages of an ONNX model. The numbers in
 * its calls are field numbers of the specification.
 *
 * Source: ONNX 1.12, onnx.proto3; https://onnx.ai/onnx/repo-docs/IR.html.
 */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An attribute of a node: an integer, a list of integers, a string, or a float. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

/** A tensor of the file without its values. `float` has 32 bits, and `int64` has 64. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: 'float' | 'int64';
  readonly dims: readonly number[];
}

/** An input or output of a graph. A size that is a string stands for any size. */
export interface OnnxValue {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

/** An ONNX model: its graph, and the tensors that the graph uses. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** The tensors. The values of each tensor are read only when they are written to the file. */
  readonly tensors: readonly {
    readonly info: OnnxTensor;
    readonly values: () => Promise<Uint8Array>;
  }[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The version of the operator set, which is that of ONNX 1.12 (2022). */
const OPSET = 17;
const IR_VERSION = 8;

const TYPES = { float: { code: 1, bytes: 4 }, int64: { code: 7, bytes: 8 } } as const;

type Write = (to: PbfWriter) => void;
type Encode = (write: Write) => Uint8Array;

/**
 * Encodes the file in chunks, so that at most one tensor is in memory. `pbf` is imported inside the
 * function, so that a page that only loads weights does not load it.
 */
export async function* encodeModel(model: OnnxModel): AsyncGenerator<Uint8Array> {
  const pbf = await import('pbf');
  const encoded: Encode = (write) => {
    const to = new pbf.PbfWriter();
    write(to);
    return to.finish();
  };
  const graph = encoded((to) => {
    for (const node of model.nodes) message(to, 1, (part) => writeNode(part, node));
    to.writeStringField(2, model.name);
    for (const value of model.inputs) message(to, 11, (part) => writeValue(part, value));
    for (const value of model.outputs) message(to, 12, (part) => writeValue(part, value));
  });
  const tensors = model.tensors.map(({ info, values }) => ({
    head: tensorHead(info, encoded),
    info,
    values,
  }));
  const size = tensors.reduce(
    (sum, { head, info }) => sum + head.length + byteLength(info),
    graph.length,
  );
  yield encoded((to) => {
    to.writeVarintField(1, IR_VERSION);
    to.writeStringField(2, 'boxprop');
    message(to, 8, (opset) => opset.writeVarintField(2, OPSET));
    for (const [key, value] of Object.entries(model.metadata)) {
      message(to, 14, (entry) => {
        entry.writeStringField(1, key);
        entry.writeStringField(2, value);
      });
    }
    startBytes(to, 7, size);
  });
  yield graph;
  for (const { head, info, values } of tensors) {
    yield head;
    const bytes = await values();
    if (bytes.length !== byteLength(info)) throw new Error(`${info.name}: ${bytes.length} bytes`);
    yield bytes;
  }
}

function message(to: PbfWriter, field: number, write: Write): void {
  to.writeMessage(field, (_, part) => write(part), undefined);
}

/** Writes the tag and the length of a field. The bytes of the field follow. */
function startBytes(to: PbfWriter, field: number, length: number): void {
  to.writeTag(field, 2);
  to.writeVarint(length);
}

function byteLength({ type, dims }: OnnxTensor): number {
  return dims.reduce((product, size) => product * size, TYPES[type].bytes);
}

/** Encodes a tensor of the graph, without its values. */
function tensorHead(info: OnnxTensor, encoded: Encode): Uint8Array {
  const head = encoded((to) => {
    to.writePackedVarint(1, [...info.dims]);
    to.writeVarintField(2, TYPES[info.type].code);
    to.writeStringField(8, info.name);
    startBytes(to, 9, byteLength(info));
  });
  const start = encoded((to) => startBytes(to, 5, head.length + byteLength(info)));
  const both = new Uint8Array(start.length + head.length);
  both.set(start);
  both.set(head, start.length);
  return both;
}

function writeNode(to: PbfWriter, { op, name, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) to.writeStringField(1, input);
  for (const output of outputs) to.writeStringField(2, output);
  to.writeStringField(3, name);
  to.writeStringField(4, op);
  for (const [key, value] of Object.entries(attributes)) {
    message(to, 5, (part) => writeAttribute(part, key, value));
  }
}

function writeAttribute(to: PbfWriter, name: string, value: Attribute): void {
  to.writeStringField(1, name);
  const type = (code: number) => to.writeVarintField(20, code);
  if (typeof value === 'number') {
    to.writeVarintField(3, value);
    type(2);
  } else if (typeof value === 'string') {
    to.writeStringField(4, value);
    type(3);
  } else if ('float' in value) {
    to.writeFloatField(2, value.float);
    type(1);
  } else {
    to.writePackedVarint(8, [...value]);
    type(7);
  }
}

function writeValue(to: PbfWriter, { name, dims }: OnnxValue): void {
  to.writeStringField(1, name);
  message(to, 2, (type) =>
    message(type, 1, (tensor) => {
      tensor.writeVarintField(1, TYPES.float.code);
      message(tensor, 2, (shape) => {
        for (const size of dims) {
          message(shape, 1, (dim) => {
            if (typeof size === 'string') dim.writeStringField(2, size);
            else dim.writeVarintField(1, size);
          });
        }
      });
    }),
  );
}
