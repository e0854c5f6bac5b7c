import {
  backend,
  engine,
  type DataType,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/**
 * A door to programs of boxprop's own on the backend `webgl`, for what tfjs's kernels get wrong or do slowly there.
 *
 * tfjs keeps a matrix in a texture either a number a pixel or packed: two rows by two columns a pixel.
 */

/** What the webgl backend offers beyond tfjs's own interface. */
interface WebglBackend {
  readonly texData: { get(dataId: object): { readonly isPacked?: boolean } };
  compileAndRun(program: object, inputs: readonly TensorInfo[], dtype: DataType): TensorInfo;
}

/** A program in GLSL. tfjs compiles it once for the same shapes and text. */
export interface Program {
  /** `x` is read as `getX(i, j, ...)`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputShape: readonly number[];
  /** Whether the inputs come packed: then `getX` gives the four numbers of which the asked one is part. */
  readonly packedInputs?: boolean;
  /** Whether the output is written packed: then the code runs once for four numbers. */
  readonly packedOutput?: boolean;
  /** Functions beside `main`. */
  readonly functions?: string;
  /** The statements of `main`; they end with `setOutput(...)`. */
  readonly code: string;
}

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

export function isPacked(tensor: Tensor): boolean {
  return webgl().texData.get(tensor.dataId).isPacked ?? false;
}

function webgl(): WebglBackend {
  return backend() as unknown as WebglBackend;
}
