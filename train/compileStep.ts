import {
  stepCompiler,
  type StepCompiler,
  type StepCompilerOptions,
} from '../lib/kernels/graph/stepCompiler.ts';

/** A training step that runs as graphs on TensorFlow. */
export interface CompiledStep<Options, Result> {
  (options: Options): Result;
  /** The compiler of the step. */
  readonly compiler: StepCompiler;
  /** Frees the graphs. */
  dispose(): void;
}

/**
 * Compiles a training step, such as `trainStep`. On the backend `tensorflow`, the first call
 * records the operations of the step, and later calls run them as graphs, which is faster. The code
 * of the boxes, the cost and the optimizer still runs in every call, so masks, rates and shapes are
 * always current. Parameters, buffers and the optimizer's state stay in the same objects as without
 * compilation. On other backends, the step runs without graphs.
 *
 * Each shape of the batch, and each order of operations, has a separate recording.
 *
 * Errors: those of the step; an unknown option.
 *
 *     const step = await compileStep(trainStep);
 *     for (const { input, target } of batches) {
 *       const loss = await step({ network, cost, optimizer, input, target });
 *     }
 *     step.dispose();
 */
export async function compileStep<Options extends object, Result>(
  step: (options: Options & { readonly compiler?: StepCompiler }) => Result,
  options: StepCompilerOptions = {},
): Promise<CompiledStep<Options, Result>> {
  const compiler = await stepCompiler(options);
  const compiled = (given: Options) => step({ ...given, compiler });
  return Object.assign(compiled, { compiler, dispose: () => compiler.dispose() });
}
