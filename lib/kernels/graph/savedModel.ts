import type { TypedArray } from '@tensorflow/tfjs-core';
import type { PbfWriter } from 'pbf';
import type { Call, Signature, Source } from './operation.ts';
import type { Attribute, AttributeKinds } from './tfjsNode.ts';
import { missingAttributes } from './missingAttributes.ts';

/*
 * Writes the protobuf messages of a SavedModel. The numbers in the calls are field numbers.
 *
 * Source: TensorFlow 2.21: saved_model.proto, meta_graph.proto, graph.proto, node_def.proto,
 * attr_value.proto, tensor.proto, tensor_shape.proto.
 */

/** A graph as a SavedModel, with the names by which a session feeds and fetches tensors. */
export interface SavedModel {
  readonly bytes: Uint8Array;
  /** The names of the feeds, by index. */
  readonly inputNames: readonly string[];
  /** The names of the operations' outputs, by index. */
  readonly outputNames: readonly string[];
}

/**
 * The version of the graph format. It is that of TensorFlow 2.9, which later versions can read too.
 */
const PRODUCER = 1087;

/**
 * Encodes a recording. Every feed becomes a placeholder, and every constant a node with its values.
 */
export function encodeSavedModel(
  operations: readonly (Call & { readonly outputs: readonly unknown[] })[],
  kinds: AttributeKinds,
  { newWriter }: { readonly newWriter: () => PbfWriter },
): SavedModel {
  const inputNames: string[] = [];
  const outputNames: string[] = [];
  const graph = newWriter();
  let constants = 0;
  const node = (name: string, op: string, inputs: readonly string[], attributes: WriteAttributes) =>
    message(graph, 1, (to) => {
      to.writeStringField(1, name);
      to.writeStringField(2, op);
      for (const input of inputs) to.writeStringField(3, input);
      for (const [key, write] of Object.entries(attributes)) {
        message(to, 5, (entry) => {
          entry.writeStringField(1, key);
          message(entry, 2, write);
        });
      }
    });
  const nameOf = (source: Source): string => {
    if (source.kind === 'output') return outputNames[source.index];
    const dtype: Write = (to) => to.writeVarintField(6, source.dtype);
    if (source.kind === 'constant') {
      const name = `c${constants++}`;
      const value: Write = (to) => message(to, 8, (tensor) => writeTensor(tensor, source));
      node(name, 'Const', [], { dtype, value });
      return name;
    }
    if (inputNames[source.index] === undefined) {
      const name = `f${source.index}`;
      const shape: Write = (to) => message(to, 7, (part) => writeShape(part, source.shape));
      node(name, 'Placeholder', [], { dtype, shape });
      inputNames[source.index] = name;
    }
    return inputNames[source.index];
  };
  operations.forEach((operation, k) => {
    const { name, attributes, inputs, outputs } = operation;
    const all = [...attributes, ...missingAttributes(operation, kinds)];
    node(
      `o${k}`,
      name,
      inputs.map(nameOf),
      Object.fromEntries(all.map((each) => [each.name, attributeWriter(each, kinds)])),
    );
    outputNames.push(...outputs.map((_, port) => (port === 0 ? `o${k}` : `o${k}:${port}`)));
  });
  message(graph, 4, (versions) => versions.writeVarintField(1, PRODUCER));

  const file = newWriter();
  file.writeVarintField(1, 1);
  message(file, 2, (meta) => {
    message(meta, 1, (info) => info.writeStringField(4, 'serve'));
    meta.writeBytesField(2, graph.finish());
  });
  return { bytes: file.finish(), inputNames, outputNames };
}

type Write = (to: PbfWriter) => void;

type WriteAttributes = Readonly<Record<string, Write>>;

function message(to: PbfWriter, field: number, write: Write): void {
  to.writeMessage(field, (_, part) => write(part), undefined);
}

/** Returns a function that writes the value of an attribute. */
function attributeWriter({ type, value }: Attribute, kinds: AttributeKinds): Write {
  const isList = typeof value === 'object';
  switch (type) {
    case kinds.TF_ATTR_STRING:
      return (to) => to.writeBytesField(2, new TextEncoder().encode(String(value)));
    case kinds.TF_ATTR_INT:
      if (isList) return (to) => message(to, 1, (list) => list.writePackedVarint(3, [...value]));
      return (to) => to.writeVarintField(3, Number(value));
    case kinds.TF_ATTR_FLOAT:
      return (to) => to.writeFloatField(4, Number(value));
    case kinds.TF_ATTR_BOOL:
      return (to) => to.writeBooleanField(5, Boolean(value));
    case kinds.TF_ATTR_TYPE:
      return (to) => to.writeVarintField(6, Number(value));
    case kinds.TF_ATTR_SHAPE:
      return (to) => message(to, 7, (part) => writeShape(part, isList ? value : []));
    default:
      throw new Error(`an attribute of the unknown type ${type}`);
  }
}

function writeShape(to: PbfWriter, shape: readonly number[]): void {
  for (const size of shape) message(to, 2, (dim) => dim.writeVarintField(1, size));
}

function writeTensor(to: PbfWriter, { dtype, shape, values }: Signature & { values: TypedArray }) {
  to.writeVarintField(1, dtype);
  message(to, 2, (part) => writeShape(part, shape));
  to.writeBytesField(4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
