import {
  backend,
  engine,
  getBackend,
  type DataType,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { numElements } from '../../init/initializers.ts';

/**
 * A door to programs of boxprop's own on the backend `webgpu`, for what tfjs's kernels get wrong or do slowly there.
 */

/** What the webgpu backend offers beyond tfjs's own interface. */
interface WebgpuBackend {
  readonly adapterInfo: { readonly architecture?: string };
  runWebGPUProgram(
    program: object,
    inputs: readonly TensorInfo[],
    dtype: DataType,
    uniforms: readonly { type: 'int32'; data: readonly number[] }[],
  ): TensorInfo;
}

/** A program in WGSL. */
export interface Program {
  /** Names all that the code depends on, for the compiled program is kept under it. */
  readonly key: string;
  /** Their numbers are arrays of these names. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputShape: readonly number[];
  /** Integers, which the code reads as `uniforms.name`, up to four of them under a name. */
  readonly uniforms: Readonly<Record<string, readonly number[]>>;
  /** How often the code runs. */
  readonly runs: number;
  /** Statements that write to the array `result`, for the run of the number `index`. */
  readonly code: () => string;
}

const WORKGROUP = 64;
/** WebGPU's limit of workgroups along an axis. */
const MAX_WORKGROUPS = 65535;

/** Whether a processor plays the graphics card: then what is shared among runs costs much, and what each has nothing. */
export function onSoftwareGpu(): boolean {
  return getBackend() === 'webgpu' && webgpu().adapterInfo.architecture === 'swiftshader';
}

export function runOnWebgpu<T extends Tensor>({
  key,
  inputs,
  outputShape,
  uniforms,
  runs,
  code,
}: Program): T {
  const groups = Math.ceil(runs / WORKGROUP);
  const rows = Math.ceil(groups / MAX_WORKGROUPS);
  const declared = Object.entries({ ...uniforms, runs: [runs] });
  const program = {
    shaderKey: `boxprop ${key}`,
    variableNames: Object.keys(inputs),
    uniforms: declared
      .map(([name, { length }]) => `${name}: ${length === 1 ? 'i32' : `vec${length}<i32>`}, `)
      .join(''),
    outputShape: [...outputShape],
    workgroupSize: [WORKGROUP, 1, 1],
    dispatchLayout: { x: outputShape.map((_, axis) => axis) },
    dispatch: [Math.ceil(groups / rows), rows, 1],
    getUserCode: () => `fn main(index: i32) { if (index >= uniforms.runs) { return; } ${code()} }`,
  };
  const data = declared.map(([, values]) => ({ type: 'int32' as const, data: values }));
  // tfjs makes no buffer for nothing.
  if (numElements(outputShape) === 0)
    return engine().makeTensor(new Float32Array(0), [...outputShape], 'float32') as T;
  const output = webgpu().runWebGPUProgram(program, Object.values(inputs), 'float32', data);
  return engine().makeTensorFromTensorInfo(output) as T;
}

/** The code for each of 0 ... n − 1, one after the other. */
export function unroll(n: number, line: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => line(i)).join('\n');
}

function webgpu(): WebgpuBackend {
  return backend() as unknown as WebgpuBackend;
}
