import { env, type KernelBackend } from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { importFailure } from './failure.ts';
import type { BackendOptions } from './options.ts';
import { start, started } from './start.ts';

/**
 * This name has the type `string`, because a bundler for the browser would try to resolve the
 * import of a literal.
 */
const TFJS_NODE: string = '@tensorflow/tfjs-node';
const UTIL: string = 'node:util';

/**
 * Starts tfjs-node or tfjs-node-gpu, which run TensorFlow's own kernels in a native addon. Resolves
 * to a note if tensorflow-gpu does not use a GPU.
 */
export async function startTensorflow(
  name: 'tensorflow' | 'tensorflow-gpu',
  { threads }: BackendOptions,
): Promise<string | undefined> {
  if (env().getBool('IS_BROWSER')) throw new InputError(`the backend ${name} needs Node`);
  const loaded = started('tensorflow');
  if (loaded !== undefined && packageOf(loaded) !== name) {
    throw new InputError(
      `the backend ${packageOf(loaded)} is already loaded: start ${name} in another process`,
    );
  }
  const specifier = name === 'tensorflow' ? TFJS_NODE : `${TFJS_NODE}-gpu`;
  repairUtil(
    (
      (await import(/* webpackIgnore: true */ /* @vite-ignore */ UTIL)) as {
        default: Record<string, unknown>;
      }
    ).default,
  );
  // TensorFlow reads some of these variables when it is loaded and others at its first operations,
  // so they are not reset afterwards.
  const variables = {
    TF_CPP_MIN_LOG_LEVEL: '2',
    // By default TensorFlow does not use oneDNN on processors without AVX-512 VNNI, although oneDNN
    // is faster there too.
    TF_ENABLE_ONEDNN_OPTS: '1',
    // By default TensorFlow does not cache oneDNN's compiled kernels on these processors, but
    // compiles them at every call.
    TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE: 'false',
    // TensorFlow's own allocator for oneDNN never returns memory, so a training step of AlexNet
    // would need 10 % more memory.
    TF_ONEDNN_USE_SYSTEM_ALLOCATOR: '1',
  };
  for (const [variable, value] of Object.entries(variables)) process.env[variable] ??= value;
  if (threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS = String(threads);
    // This number of independent operations of a graph can run at the same time.
    process.env.TF_NUM_INTEROP_THREADS = String(threads);
  }
  try {
    await import(/* webpackIgnore: true */ /* @vite-ignore */ specifier);
  } catch (error) {
    throw importFailure(error, name, specifier);
  }
  const backend = await start('tensorflow');
  const onCpu = name === 'tensorflow-gpu' && !(backend as NodeBackend).isUsingGpuDevice;
  return onCpu ? 'finds no GPU and computes on the CPU' : undefined;
}

/** The properties in which tfjs-node reports whether it uses a GPU. */
type NodeBackend = KernelBackend & {
  readonly isGPUPackage?: boolean;
  readonly isUsingGpuDevice?: boolean;
};

/** Returns the package that has registered the started backend `'tensorflow'`. */
function packageOf(backend: KernelBackend): 'tensorflow' | 'tensorflow-gpu' {
  return (backend as NodeBackend).isGPUPackage ? 'tensorflow-gpu' : 'tensorflow';
}

/** Restores two functions of the module `util` that tfjs-node calls and Node 23 has removed. */
export function repairUtil(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
