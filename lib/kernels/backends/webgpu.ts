import {
  backend,
  engine,
  getBackend,
  type DataType,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { numElements } from '../../shapes.ts';

/*
 * Runs boxprop's own shaders on the backend `webgpu`, for operations that tfjs computes wrongly or
 * slowly there.
 */

/** Methods of the webgpu backend that tfjs does not declare. */
interface WebgpuBackend {
  readonly adapterInfo: { readonly architecture?: string };
  runWebGPUProgram(
    program: object,
    inputs: readonly TensorInfo[],
    dtype: DataType,
    uniforms: readonly { type: 'int32'; data: readonly number[] }[],
  ): TensorInfo;
}

/** A shader in WGSL. */
export interface Program {
  /**
   * The key under which the compiled shader is cached. It must contain everything on which the code
   * depends.
   */
  readonly key: string;
  /** The inputs; the code reads the values of input `x` as the array `x`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The shape of the result. */
  readonly outputShape: readonly number[];
  /** Lists of one to four integers, which the code reads as `uniforms.name`. */
  readonly uniforms: Readonly<Record<string, readonly number[]>>;
  /** The number of invocations of the shader. */
  readonly runs: number;
  /** Returns the statements of invocation number `index`, which write to the array `result`. */
  readonly code: () => string;
}

const WORKGROUP = 64;
/** WebGPU's limit on the workgroups along one axis. */
const MAX_WORKGROUPS = 65535;

/**
 * Returns whether webgpu runs on a software GPU. There, the memory that invocations share is slow,
 * and the private memory of an invocation is fast.
 */
export function onSoftwareGpu(): boolean {
  return getBackend() === 'webgpu' && webgpu().adapterInfo.architecture === 'swiftshader';
}

/** Runs a shader on webgpu. The caller owns the result. */
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
  // tfjs cannot make an empty buffer.
  if (numElements(outputShape) === 0)
    return engine().makeTensor(new Float32Array(0), [...outputShape], 'float32') as T;
  const output = webgpu().runWebGPUProgram(program, Object.values(inputs), 'float32', data);
  return engine().makeTensorFromTensorInfo(output) as T;
}

/**
 * One invocation computes a tile of a matrix of this size. Each value that it reads is used in
 * several products of the tile.
 */
export const TILE_ROWS = 8;
export const TILE_COLUMNS = 4;

/** Returns code for each row of a tile. */
export function perRow(line: (m: number) => string): string {
  return Array.from({ length: TILE_ROWS }, (_, m) => line(m)).join('\n');
}

/** Returns code for each column of a tile. */
export function perColumn(line: (k: number) => string): string {
  return Array.from({ length: TILE_COLUMNS }, (_, k) => line(k)).join('\n');
}

/** Returns code for each element of a tile. */
export function perElement(line: (m: number, k: number) => string): string {
  return perRow((m) => perColumn((k) => line(m, k)));
}

function webgpu(): WebgpuBackend {
  return backend() as unknown as WebgpuBackend;
}
