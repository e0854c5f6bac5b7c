import {
  backend,
  engine,
  getBackend,
  tidy,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Borders, Geometry } from '../../geometry.ts';

/**
 * A door to TensorFlow's own operations on the backend `tensorflow`. tfjs-node hands on a part of what they can do:
 * no padding given in numbers, no gradient with dilation, no gradient of a bias.
 */

/** What tfjs-node offers beyond tfjs's own interface: any operation of TensorFlow, by its name. */
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
  readonly value: AttributeValue;
}

/** Integers, or words, or yes and no. */
type AttributeValue = number | readonly number[] | string | boolean;

/** `float(0.5)`: an attribute that is no integer. */
interface FloatAttribute {
  readonly float: number;
}

export function onTensorflow(): boolean {
  return getBackend() === 'tensorflow';
}

/** `{ shape: [2, 3] }`: the shape of what is no input. */
interface ShapeAttribute {
  readonly shape: readonly number[];
}

/** The dtype of what is no input. */
export const FLOAT = Symbol('DT_FLOAT');

type Attributes = Readonly<
  Record<string, AttributeValue | FloatAttribute | ShapeAttribute | typeof FLOAT>
>;

/**
 * The output of TensorFlow's operation `name`. Attributes are integers unless they are marked `{ float }`; those that
 * are left out, the dtypes among them, TensorFlow takes from the inputs or from its own defaults.
 */
export function runOperation<T extends Tensor>(
  name: string,
  attributes: Attributes,
  inputs: readonly Tensor[],
): T {
  const tensorflow = tensorflowBackend();
  return tensorflow.executeSingleOutput(name, listed(tensorflow, attributes), inputs) as T;
}

/** The same of an operation with several outputs. */
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
 * What marks TensorFlow's wrappers of oneDNN's kernels. TensorFlow itself puts some of them in the place of its public
 * operations, and others only where it rewrites a graph, of which tfjs has none.
 */
export const ONEDNN = { _kernel: 'MklNameChangeOp' };

const withOneDnn = new WeakMap<TensorflowBackend, boolean>();

/** Whether TensorFlow was built with oneDNN and computes on the processor: tried out once. */
export function hasOneDnn(): boolean {
  const tensorflow = tensorflowBackend();
  let has = withOneDnn.get(tensorflow);
  if (has === undefined) {
    has = !tensorflow.isUsingGpuDevice && runsOneDnn();
    withOneDnn.set(tensorflow, has);
  }
  return has;
}

function runsOneDnn(): boolean {
  return tidy(() => {
    const ones = (shape: number[]) => engine().makeTensor(new Float32Array([1]), shape, 'float32');
    const window = { strides: [1, 1, 1, 1], padding: 'VALID', ...ONEDNN };
    try {
      runOperation('_MklNativeConv2DWithBias', window, [
        ones([1, 1, 1, 1]),
        ones([1, 1, 1, 1]),
        ones([1]),
      ]);
      const pool = { ksize: [1, 1, 1, 1], workspace_enabled: true, ...window };
      runOperations('_MklNativeMaxPool', pool, [ones([1, 1, 1, 1])], 2);
      return true;
    } catch {
      return false;
    }
  });
}

function tensorflowBackend(): TensorflowBackend {
  return backend() as unknown as TensorflowBackend;
}

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

/** How the filters of a convolution slide. */
export function slidingAttributes(geometry: Geometry) {
  const { height, width } = geometry;
  return {
    strides: [1, height.stride, width.stride, 1],
    dilations: [1, height.dilation, width.dilation, 1],
    ...(isSame(geometry) ? { padding: 'SAME' } : paddingAttributes(geometry)),
  };
}

/** Whether TensorFlow's padding SAME is that of a geometry: as few cells as give ⌈input / stride⌉ outputs. */
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

/** How the windows of a pool slide. */
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

function kindOf(value: AttributeValue): AttributeKind {
  switch (typeof value) {
    case 'string':
      return 'TF_ATTR_STRING';
    case 'boolean':
      return 'TF_ATTR_BOOL';
    default:
      return 'TF_ATTR_INT';
  }
}

/**
 * Lets the values of a variable go, if no other tensor shares them, before it is assigned new ones: nothing may read it
 * in between.
 */
export function freeIfUnshared({ dataId }: Variable): void {
  const tensorflow = tensorflowBackend();
  if (tensorflow.refCount(dataId) === 1) tensorflow.disposeData(dataId, true);
}

/** Sizes as an input of an operation, which asks for them as a tensor. */
export function sizes(values: readonly number[]): Tensor {
  return engine().makeTensor(Int32Array.from(values), [values.length], 'int32');
}
