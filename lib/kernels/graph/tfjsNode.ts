import { backend, type DataType, type Tensor, type TypedArray } from '@tensorflow/tfjs-core';

/* The parts of tfjs-node's backend that a recording needs and that tfjs does not declare. */

/** An attribute of an operation, in the form in which tfjs-node passes it to TensorFlow. */
export interface Attribute {
  readonly name: string;
  /** The type of the value, one of the binding's numbers `TF_ATTR_...`. */
  readonly type: number;
  readonly value: number | boolean | string | readonly number[];
}

/** A tensor of TensorFlow: its number in the addon, its shape, and its dtype as a number. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** tfjs-node's entry for a tensor. */
export interface Entry {
  readonly shape: number[];
  readonly dtype: number;
  /** The number of the native tensor. It is −1 while TensorFlow does not have the values yet. */
  id: number;
  /** Values that the host has written and that TensorFlow has not received yet. */
  readonly values: TypedArray | null;
  refCount: number;
}

/** The binding's number for each kind of attribute. */
export type AttributeKinds = Readonly<
  Record<
    | 'TF_ATTR_STRING'
    | 'TF_ATTR_INT'
    | 'TF_ATTR_FLOAT'
    | 'TF_ATTR_BOOL'
    | 'TF_ATTR_TYPE'
    | 'TF_ATTR_SHAPE',
    number
  >
>;

/** The native addon of tfjs-node. */
export interface Binding extends AttributeKinds {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  executeOp(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    outputs: number,
  ): NativeTensor[];
  createTensor(shape: readonly number[], dtype: number, values: TypedArray): number;
  tensorDataSync(id: number): TypedArray;
  deleteTensor(id: number): void;
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(
    model: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): NativeTensor[];
  deleteSavedModel(model: number): void;
}

/** The methods of tfjs-node's backend that a recording replaces. */
export interface Methods {
  readonly executeSingleOutput: (
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
  ) => Tensor;
  readonly executeMultipleOutputs: (
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ) => Tensor[];
  readonly write: (values: TypedArray, shape: number[], dtype: DataType) => object;
  readonly readSync: (dataId: object) => TypedArray;
  readonly disposeData: (dataId: object, force?: boolean) => boolean;
}

/** tfjs-node's backend. */
export interface TfjsNode extends Methods {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: { get(dataId: object): Entry; delete(dataId: object): boolean };
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(metadata: NativeTensor): Tensor;
}

/** Returns the backend in use, which must be `tensorflow`. */
export function tfjsNode(): TfjsNode {
  return backend() as unknown as TfjsNode;
}
