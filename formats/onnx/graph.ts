import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { numElements } from '../../lib/shapes.ts';
import { nameOf } from '../../lib/check.ts';
import { BoxError } from '../../lib/errors.ts';
import type { AnyModule } from '../../lib/module.ts';
import type { BoxTable } from '../boxTable.ts';
import { permute } from '../safetensors/layout.ts';
import type { Attribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './proto.ts';

/**
 * A value of the ONNX graph. ONNX's convolutions need the channels first, [N, C, H, W], and boxprop
 * has them last. A value is transposed only if a box needs the other order.
 */
export interface Value {
  readonly name: string;
  /** The shape in boxprop's order: the batch first and the channels last. */
  readonly shape: readonly number[];
  readonly channels: 'first' | 'last';
}

/**
 * The output that an exporter returns. `toOnnx` adds the shape, which it takes from the box's
 * facts.
 */
export type Given = Pick<Value, 'name' | 'channels'>;

/** Writes a box into the graph: adds its nodes, and returns the name of its output. */
export type WriteOnnx = (graph: OnnxGraph, box: AnyModule, inputs: readonly Value[]) => Given;

/** An ONNX graph under construction. */
export class OnnxGraph {
  readonly #nodes: OnnxNode[] = [];
  readonly #tensors: { info: OnnxTensor; values: () => Promise<Uint8Array> }[] = [];
  /** The transposed values. The key contains the order of the axes and the name of the original. */
  readonly #turned = new Map<string, Value>();
  readonly #weights = new Map<Variable, Map<string, string>>();
  readonly #names = new Set<string>();
  readonly #paramNames: ReadonlyMap<Variable, string>;
  readonly #exporters: BoxTable<WriteOnnx>;
  #place = '';

  /**
   * @param params the parameters of the network. The graph's tensors have the same names.
   * @param exporters the exporters, by the class of the box.
   */
  constructor(params: Readonly<Record<string, Variable>>, exporters: BoxTable<WriteOnnx>) {
    this.#exporters = exporters;
    this.#paramNames = new Map(Object.entries(params).map(([name, param]) => [param, name]));
  }

  /** Sets the prefix for the names of everything that is added from now on. */
  set place(path: string) {
    this.#place = path;
  }

  /**
   * Adds the nodes of a box.
   *
   * Errors: `features.2 > Pointwise: cannot be exported to ONNX`.
   */
  write(box: AnyModule, inputs: readonly Value[]): Given {
    const write = this.#exporters.of(box);
    if (write !== undefined) return write(this, box, inputs);
    const path = this.#place === '' ? [] : [this.#place];
    throw new BoxError([...path, nameOf(box)], 'cannot be exported to ONNX');
  }

  /** Adds a node with one output, and returns the output's name. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = this.name(op);
    this.#nodes.push({ op, name, inputs, outputs: [name], attributes });
    return name;
  }

  /** Adds a node with several outputs, and returns their names. */
  nodeOf(
    count: number,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.name(op));
    this.#nodes.push({ op, name: outputs[0], inputs, outputs, attributes });
    return outputs;
  }

  /**
   * Adds an identity node that gives an output the wanted name. It is needed because the value may
   * be an input, or other nodes may use it under another name.
   */
  output(from: string, wanted: string): string {
    const name = this.name(wanted);
    this.#nodes.push({ op: 'Identity', name, inputs: [from], outputs: [name], attributes: {} });
    return name;
  }

  /** Returns an unused name. */
  name(what: string): string {
    const base = this.#place === '' ? what : `${this.#place}/${what}`;
    let name = base;
    for (let i = 2; this.#names.has(name); i++) name = `${base}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Adds a constant of floats, and returns its name. */
  floats(values: ArrayLike<number>, dims: readonly number[] = []): string {
    const data = Float32Array.from(values);
    return this.#tensor({ name: this.name('constant'), type: 'float', dims }, () =>
      Promise.resolve(data),
    );
  }

  /** Adds a constant list of integers, and returns its name. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    const dims = [values.length];
    return this.#tensor({ name: this.name('integers'), type: 'int64', dims }, () =>
      Promise.resolve(data),
    );
  }

  /**
   * Adds a parameter or buffer, and returns its name. If several boxes use it, it is added only
   * once.
   *
   * @param order the order of the axes in the file; by default the order in boxprop.
   * @param dims the shape in the file.
   */
  weight(
    variable: Variable,
    order?: readonly number[],
    dims: readonly number[] = order?.map((axis) => variable.shape[axis]) ?? variable.shape,
  ): string {
    const forms = this.#weights.get(variable) ?? new Map<string, string>();
    this.#weights.set(variable, forms);
    const form = `${order?.join() ?? ''}:${dims.join()}`;
    const known = forms.get(form);
    if (known !== undefined) return known;
    const own = this.#paramNames.get(variable);
    const name = own === undefined || this.#names.has(own) ? this.name('weight') : own;
    this.#names.add(name);
    forms.set(form, name);
    return this.#tensor({ name, type: 'float', dims }, async () => {
      const values = Float32Array.from(await variable.data());
      return order === undefined ? values : permute(values, variable.shape, order);
    });
  }

  /**
   * Adds the values of a tensor, and returns the constant's name. The tensor is disposed after the
   * export.
   */
  tensor(values: Tensor): string {
    return this.floats(values.dataSync(), values.shape);
  }

  /** Returns the value with its channels first or last. Adds a transposition if it is needed. */
  with(channels: 'first' | 'last', value: Value): Value {
    const rank = value.shape.length;
    if (value.channels === channels || rank < 3) return value;
    const key = `${channels} ${value.name}`;
    const known = this.#turned.get(key);
    if (known !== undefined) return known;
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    const perm =
      channels === 'first' ? [0, rank - 1, ...axes.slice(1, -1)] : [0, ...axes.slice(2), 1];
    const turned: Value = {
      ...value,
      name: this.node('Transpose', [value.name], { perm }),
      channels,
    };
    this.#turned.set(key, turned);
    this.#turned.set(`${value.channels} ${turned.name}`, value);
    return turned;
  }

  /** Returns the finished model. */
  model(
    name: string,
    inputs: readonly OnnxValue[],
    outputs: readonly OnnxValue[],
    metadata: Readonly<Record<string, string>>,
  ): OnnxModel {
    return { name, nodes: this.#nodes, inputs, outputs, tensors: this.#tensors, metadata };
  }

  #tensor(info: OnnxTensor, values: () => Promise<Float32Array | BigInt64Array>): string {
    const length = numElements(info.dims);
    this.#tensors.push({
      info,
      async values() {
        const data = await values();
        if (data.length !== length) throw new Error(`${info.name}: ${data.length} values`);
        return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      },
    });
    return info.name;
  }
}

/** Returns the index of the axis of a value's channels. */
export function channelAxis({ shape, channels }: Value): number {
  return channels === 'first' && shape.length > 2 ? 1 : shape.length - 1;
}

/**
 * Returns the shape of a tensor that has one element per channel and broadcasts over the value: [C]
 * or [C, 1, 1].
 */
export function perChannel(value: Value, size: number): number[] {
  return value.channels === 'first' ? [size, ...value.shape.slice(2).map(() => 1)] : [size];
}
