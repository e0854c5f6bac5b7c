import {
  backend,
  engine,
  getBackend,
  tidy,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Borders, Geometry } from '../../geometry.ts';

/*
 * Access to TensorFlow's own operations on the backend `tensorflow`. tfjs-node offers only some of
 * them: it has no explicit padding, no gradient with dilation and no gradient of a bias.
 */

/** Methods of tfjs-node that tfjs does not declare, which run TensorFlow's operations by name. */
interface TensorflowBackend {
  readonly binding: Readonly<Record<AttributeKind | 'TF_FLOAT', number>>;
  readonly isUsingGpuDevice: boolean;
  refCount(dataId: object): number;
  disposeData(dataId: object, force: boolean): boolean;
  executeSingleOutput(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
  ): Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
}

type AttributeKind =
  | 'TF_ATTR_BOOL'
  | 'TF_ATTR_FLOAT'
  | 'TF_ATTR_INT'
  | 'TF_ATTR_SHAPE'
  | 'TF_ATTR_STRING'
  | 'TF_ATTR_TYPE';

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: PlainAttribute;
}

/** One or several integers, a string, or a boolean. */
type PlainAttribute = number | readonly number[] | string | boolean;

/** A number that is not an integer, such as `{ float: 0.5 }`. */
interface FloatAttribute {
  readonly float: number;
}

/** The shape of an output, such as `{ shape: [2, 3] }`, if it does not follow from the inputs. */
interface ShapeAttribute {
  readonly shape: readonly number[];
}

/** The dtype float32, given as an attribute to operations that have no inputs. */
export const FLOAT = Symbol('DT_FLOAT');

/**
 * The attributes of an operation. Numbers are integers unless they are marked `{ float }`.
 * Attributes that are not given, such as the dtypes, follow from the inputs or from TensorFlow's
 * defaults.
 */
export type Attributes = Readonly<
  Record<string, PlainAttribute | FloatAttribute | ShapeAttribute | typeof FLOAT>
>;

/** Returns whether TensorFlow is the backend in use. */
export function onTensorflow(): boolean {
  return getBackend() === 'tensorflow';
}

/**
 * Runs TensorFlow's operation `name`, which has one output.
 *
 *     const sum = runOperation('AddV2', {}, [a, b]);
 */
export function runOperation<T extends Tensor>(
  name: string,
  attributes: Attributes,
  inputs: readonly Tensor[],
): T {
  const tensorflow = tensorflowBackend();
  return tensorflow.executeSingleOutput(name, listed(tensorflow, attributes), inputs) as T;
}

/** Runs TensorFlow's operation `name`, which has `outputs` outputs (possibly 0). */
export function runOperations(
  name: string,
  attributes: Attributes,
  inputs: readonly Tensor[],
  outputs: number,
): Tensor[] {
  const tensorflow = tensorflowBackend();
  return tensorflow.executeMultipleOutputs(name, listed(tensorflow, attributes), inputs, outputs);
}

/**
 * This attribute marks TensorFlow's wrappers of oneDNN's kernels. TensorFlow uses some of these
 * kernels in place of its public operations, and the others only when it optimizes a graph. tfjs
 * does not build graphs, so we call these others by name with this attribute.
 */
export const ONEDNN = { _kernel: 'MklNameChangeOp' };

/** Whether oneDNN's kernels work, per backend. */
const oneDnnRuns = new WeakMap<TensorflowBackend, boolean>();

/**
 * Returns whether TensorFlow has oneDNN and computes on the CPU. The first call runs one of
 * oneDNN's kernels to find out.
 */
export function hasOneDnn(): boolean {
  const tensorflow = tensorflowBackend();
  if (tensorflow.isUsingGpuDevice) return false;
  let runs = oneDnnRuns.get(tensorflow);
  if (runs === undefined) {
    runs = runsOneDnn();
    oneDnnRuns.set(tensorflow, runs);
  }
  return runs;
}

function runsOneDnn(): boolean {
  return tidy(() => {
    const ones = (shape: number[]) => engine().makeTensor(new Float32Array([1]), shape, 'float32');
    const window = { strides: [1, 1, 1, 1], padding: 'VALID', ...ONEDNN };
    const pool = { ksize: [1, 1, 1, 1], workspace_enabled: true, ...window };
    const [image, filter, bias] = [ones([1, 1, 1, 1]), ones([1, 1, 1, 1]), ones([1])];
    try {
      runOperation('_MklNativeConv2DWithBias', window, [image, filter, bias]);
      runOperations('_MklNativeMaxPool', pool, [image], 2);
      return true;
    } catch {
      return false;
    }
  });
}

function tensorflowBackend(): TensorflowBackend {
  return backend() as unknown as TensorflowBackend;
}

/** Converts attributes to the form that tfjs-node expects. */
function listed({ binding }: TensorflowBackend, attributes: Attributes): Attribute[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (value === FLOAT) return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
    if (typeof value === 'object' && 'float' in value) {
      return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
    }
    if (typeof value === 'object' && 'shape' in value) {
      return { name, type: binding.TF_ATTR_SHAPE, value: value.shape };
    }
    return { name, type: binding[kindOf(value)], value };
  });
}

function kindOf(value: PlainAttribute): AttributeKind {
  switch (typeof value) {
    case 'string':
      return 'TF_ATTR_STRING';
    case 'boolean':
      return 'TF_ATTR_BOOL';
    default:
      return 'TF_ATTR_INT';
  }
}

/** Returns the attributes for the strides, dilations and padding of a convolution. */
export function slidingAttributes(geometry: Geometry) {
  const { height, width } = geometry;
  return {
    strides: [1, height.stride, width.stride, 1],
    dilations: [1, height.dilation, width.dilation, 1],
    ...(isSame(geometry) ? { padding: 'SAME' } : paddingAttributes(geometry)),
  };
}

/**
 * Returns whether the padding is TensorFlow's SAME: the smallest number of cells that gives
 * ⌈input / stride⌉ outputs. If this number is odd, the extra cell is at the end.
 */
export function isSame({ height, width }: Geometry): boolean {
  return [height, width].every(({ input, output, kernel, stride, dilation, before, after }) => {
    const cells = Math.max(0, (output - 1) * stride + dilation * (kernel - 1) + 1 - input);
    return (
      output === Math.ceil(input / stride) &&
      before === Math.floor(cells / 2) &&
      before + after === cells
    );
  });
}

/** Returns the attributes for the sizes, strides and padding of a pool's windows. */
export function poolingAttributes({ height, width }: Geometry) {
  return {
    ksize: [1, height.kernel, width.kernel, 1],
    strides: [1, height.stride, width.stride, 1],
    ...paddingAttributes({ height, width }),
  };
}

function paddingAttributes({ height, width }: Borders) {
  const borders = [height.before, height.after, width.before, width.after];
  if (borders.every((cells) => cells === 0)) return { padding: 'VALID' };
  return { padding: 'EXPLICIT', explicit_paddings: [0, 0, ...borders, 0, 0] };
}

/**
 * Frees the values of a variable that will be assigned new values next, unless another tensor
 * shares them. The variable must not be read until then.
 */
export function freeIfUnshared({ dataId }: Variable): void {
  const tensorflow = tensorflowBackend();
  if (tensorflow.refCount(dataId) === 1) tensorflow.disposeData(dataId, true);
}

/** Creates a tensor that holds a shape, for operations that take the shape as an input. */
export function shapeTensor(shape: readonly number[]): Tensor {
  return engine().makeTensor(Int32Array.from(shape), [shape.length], 'int32');
}
