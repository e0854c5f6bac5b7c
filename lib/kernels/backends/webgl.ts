import {
  backend,
  engine,
  type DataType,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/*
 * boxprop's own shaders on the backend `webgl`, for operations that tfjs's kernels compute wrongly
 * or slowly there.
 *
 * tfjs keeps a matrix in a texture: either one value per pixel, or packed, two rows by two columns
 * per pixel.
 */

/** The methods of the webgl backend that tfjs's own interface lacks. */
interface WebglBackend {
  readonly texData: { get(dataId: object): { readonly isPacked?: boolean } };
  compileAndRun(program: object, inputs: readonly TensorInfo[], dtype: DataType): TensorInfo;
}

/** A shader in GLSL. tfjs compiles it once per combination of shapes and text. */
export interface Program {
  /** The input `x` is read as `getX(i, j, ...)`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The shape of the result. */
  readonly outputShape: readonly number[];
  /** Whether the inputs are packed: then `getX` returns the four values of the pixel. */
  readonly packedInputs?: boolean;
  /** Whether the output is packed: then the code runs once per four values. */
  readonly packedOutput?: boolean;
  /** Definitions of further functions. */
  readonly functions?: string;
  /** The statements of `main`; they end with `setOutput(...)`. */
  readonly code: string;
}

/** Runs a shader on webgl; the result is new and belongs to the caller. */
export function runOnWebgl<T extends Tensor>(program: Program): T {
  const {
    inputs,
    outputShape,
    packedInputs = false,
    packedOutput = false,
    functions = '',
    code,
  } = program;
  const output = webgl().compileAndRun(
    {
      variableNames: Object.keys(inputs),
      outputShape: [...outputShape],
      packedInputs,
      packedOutput,
      userCode: `${functions}\nvoid main() { ${code} }`,
    },
    Object.values(inputs),
    'float32',
  );
  return engine().makeTensorFromTensorInfo(output) as T;
}

/** Returns whether the values of a tensor are packed, four per pixel. */
export function isPacked(tensor: Tensor): boolean {
  return webgl().texData.get(tensor.dataId).isPacked ?? false;
}

function webgl(): WebglBackend {
  return backend() as unknown as WebglBackend;
}
