import { InputError, show } from '../../lib/errors.ts';
import type { ReadAt } from '../tensorFile.ts';
import { readTensor, textPair, type FileTensor, type OpenExternal } from './fileTensor.ts';
import { Messages, type Field } from './messages.ts';

/** An attribute of a node of a file. */
export type FileAttribute = number | string | readonly number[] | readonly string[] | FileTensor;

/** A node of a file. */
export interface FileNode {
  readonly op: string;
  /** The set of operators; empty for ONNX's own. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, FileAttribute>;
}

/** An input or output of a file's graph. A size that is undefined may be any. */
export interface FileValue {
  readonly name: string;
  readonly dims: readonly (number | undefined)[] | undefined;
  readonly isFloat: boolean;
}

/** An ONNX file whose graph has been read, but not the values of its tensors. */
export interface OnnxFile {
  readonly producer: string;
  /** The version of ONNX's own operators. */
  readonly opset: number;
  readonly nodes: readonly FileNode[];
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** The inputs without those that are tensors of the file. */
  readonly inputs: readonly FileValue[];
  readonly outputs: readonly FileValue[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Opens an ONNX file: reads its graph by ranges, and checks every size that it declares against the
 * bytes that are there. The values of tensors are read later, one at a time.
 *
 * Errors: a file that is not ONNX; fields that extend beyond their message; tensors with fewer
 *         bytes than they declare; sparse tensors.
 * @param file the name of the file, for messages.
 *
 * Source: ONNX 1.22, onnx.proto3.
 */
export async function openOnnx(
  file: string,
  size: number,
  readAt: ReadAt,
  open: OpenExternal,
): Promise<OnnxFile> {
  const fail = (problem: string) => new InputError(`${file}: ${problem}`);
  const messages = new Messages(await import('pbf'), size, readAt, fail);
  const textOf = async (fields: readonly Field[], number: number) => {
    const field = messages.last(fields, number, 'bytes');
    return field === undefined ? '' : messages.text(field);
  };
  const texts = async (fields: readonly Field[], number: number) => {
    const found: string[] = [];
    for (const field of messages.all(fields, number)) found.push(await messages.text(field));
    return found;
  };
  const model = await messages.fields({ start: 0, end: size });
  const graphs = messages.all(model, 7);
  if (graphs.length !== 1) throw fail(`expected an ONNX file with one graph, got ${graphs.length}`);
  const opsets = new Map<string, number>();
  for (const field of messages.all(model, 8)) {
    const set = await messages.fields(field);
    opsets.set(await textOf(set, 1), messages.last(set, 2, 'varint')?.value ?? 0);
  }
  const opset = opsets.get('') ?? opsets.get('ai.onnx');
  if (opset === undefined) throw fail('expected the version of its operator set, got none');
  const metadata = new Map<string, string>();
  for (const field of messages.all(model, 14)) metadata.set(...(await textPair(messages, field)));

  const graph = await messages.fields(graphs[0]);
  if (messages.all(graph, 15).length > 0)
    throw fail('expected dense tensors, got sparse ones, which are not supported');
  const tensors = new Map<string, FileTensor>();
  for (const field of messages.all(graph, 5)) {
    const tensor = await readTensor(messages, field, open, fail);
    if (tensors.has(tensor.name))
      throw fail(`expected each tensor once, got ${show(tensor.name)} twice`);
    tensors.set(tensor.name, tensor);
  }

  async function attribute(field: Field, node: string): Promise<[string, FileAttribute]> {
    const fields = await messages.fields(field);
    const name = await textOf(fields, 1);
    const type = messages.last(fields, 20, 'varint')?.value ?? 0;
    const place = (problem: string) =>
      fail(`node ${show(node)}: attribute ${show(name)}: ${problem}`);
    switch (type) {
      case 1:
        return [name, (await messages.numbers(fields, 2, 'float')).at(-1) ?? 0];
      case 2:
        return [name, messages.last(fields, 3, 'varint')?.value ?? 0];
      case 3:
        return [name, await textOf(fields, 4)];
      case 4: {
        const tensor = messages.last(fields, 5, 'bytes');
        if (tensor === undefined) throw place('expected a tensor, got none');
        return [name, await readTensor(messages, tensor, open, place, `${node}.${name}`)];
      }
      case 6:
        return [name, await messages.numbers(fields, 7, 'float')];
      case 7:
        return [name, await messages.numbers(fields, 8, 'varint')];
      case 8:
        return [name, await texts(fields, 9)];
      default:
        throw place(`expected numbers, texts or a tensor, got type ${type} of ONNX`);
    }
  }

  async function node(field: Field): Promise<FileNode> {
    const fields = await messages.fields(field);
    const name = await textOf(fields, 3);
    const op = await textOf(fields, 4);
    const attributes = new Map<string, FileAttribute>();
    // The graphs of control flow are not read, because the import refuses these operators.
    for (const one of messages.all(fields, 5)) {
      if (!HAS_GRAPHS.has(op)) attributes.set(...(await attribute(one, name || op)));
    }
    const domain = await textOf(fields, 7);
    const [inputs, outputs] = [await texts(fields, 1), await texts(fields, 2)];
    return { op, domain: domain === 'ai.onnx' ? '' : domain, name, inputs, outputs, attributes };
  }

  async function value(field: Field): Promise<FileValue> {
    const fields = await messages.fields(field);
    const name = await textOf(fields, 1);
    const inside = async (of: Field | undefined, number: number) =>
      of && messages.last(await messages.fields(of), number, 'bytes');
    const tensor = await inside(messages.last(fields, 2, 'bytes'), 1);
    if (tensor === undefined) return { name, dims: undefined, isFloat: false };
    const type = await messages.fields(tensor);
    const code = messages.last(type, 1, 'varint')?.value ?? 0;
    const shape = messages.last(type, 2, 'bytes');
    const dims: (number | undefined)[] = [];
    for (const dim of shape ? messages.all(await messages.fields(shape), 1) : [])
      dims.push(messages.last(await messages.fields(dim), 1, 'varint')?.value);
    return { name, dims: shape && dims, isFloat: FLOAT_TYPES.has(code) };
  }

  const nodes: FileNode[] = [];
  for (const field of messages.all(graph, 1)) nodes.push(await node(field));
  const [inputs, outputs]: [FileValue[], FileValue[]] = [[], []];
  for (const field of messages.all(graph, 11)) inputs.push(await value(field));
  for (const field of messages.all(graph, 12)) outputs.push(await value(field));
  return {
    producer: await textOf(model, 2),
    opset,
    nodes,
    tensors,
    inputs: inputs.filter(({ name }) => !tensors.has(name)),
    outputs,
    metadata,
  };
}

/** The operators whose attributes are graphs. */
const HAS_GRAPHS = new Set(['If', 'Loop', 'Scan', 'SequenceMap']);
/** float32, float16, float64 and bfloat16. */
const FLOAT_TYPES = new Set([1, 10, 11, 16]);
