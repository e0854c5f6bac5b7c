import {
  backend,
  engine,
  type DataType,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/*
 * Runs boxprop's own shaders on the backend `webgl`, for operations that tfjs computes wrongly or
 * slowly there.
 *
 * tfjs stores a matrix in a texture. A pixel holds either one value or, in the packed form, a block
 * of two rows and two columns.
 */

/** Methods of the webgl backend that tfjs does not declare. */
interface WebglBackend {
  readonly texData: { get(dataId: object): { readonly isPacked?: boolean } };
  compileAndRun(program: object, inputs: readonly TensorInfo[], dtype: DataType): TensorInfo;
}

/** A shader in GLSL. tfjs compiles it once per combination of shapes and text. */
export interface Program {
  /** The inputs; the code reads input `x` by `getX(i, j, ...)`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The shape of the result. */
  readonly outputShape: readonly number[];
  /** Whether the inputs are packed; if so, `getX` returns the four values of the pixel. */
  readonly packedInputs?: boolean;
  /** Whether the output is packed; if so, the code runs once per four values. */
  readonly packedOutput?: boolean;
  /** Further functions that the code calls. */
  readonly functions?: string;
  /** The statements of `main`, of which the last is `setOutput(...)`. */
  readonly code: string;
}

/** Runs a shader on webgl. The caller owns the result. */
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
