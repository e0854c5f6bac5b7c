import { device_util, type KernelBackend } from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { importFailed } from './failure.ts';
import type { BackendOptions } from './options.ts';
import { start, started } from './start.ts';

/** Not literals: a bundler for the browser would look for them. */
const TFJS_NODE: string = '@tensorflow/tfjs-node';
const UTIL: string = 'node:util';

/**
 * Starts tfjs-node or tfjs-node-gpu: TensorFlow's own kernels, in a native addon that must fit the machine. Resolves to
 * a note if the GPU is not used.
 */
export async function startTensorflow(
  name: 'tensorflow' | 'tensorflow-gpu',
  { threads }: BackendOptions,
): Promise<string | undefined> {
  if (device_util.isBrowser()) throw new InputError(`the backend ${name} needs Node`);
  const loaded = started('tensorflow');
  if (loaded !== undefined && packageOf(loaded) !== name) {
    throw new InputError(
      `the backend ${packageOf(loaded)} is loaded: ${name} needs a process of its own`,
    );
  }
  const specifier = name === 'tensorflow' ? TFJS_NODE : `${TFJS_NODE}-gpu`;
  repairUtil(((await import(UTIL)) as { default: Record<string, unknown> }).default);
  // TensorFlow reads some of them when it is loaded and others at its first operations, so they stay set.
  const variables = {
    TF_CPP_MIN_LOG_LEVEL: '2',
    // By default TensorFlow leaves oneDNN out on processors without AVX-512 VNNI, where it is the faster one too.
    TF_ENABLE_ONEDNN_OPTS: '1',
    // Nor does it keep oneDNN's compiled kernels there: it compiles them anew at every call.
    TF_MKL_OPTIMIZE_PRIMITIVE_MEMUSE: 'false',
    // Its own allocator keeps for good what a step once needed: of AlexNet's, a tenth as much again.
    TF_ONEDNN_USE_SYSTEM_ALLOCATOR: '1',
  };
  for (const [variable, value] of Object.entries(variables)) process.env[variable] ??= value;
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  await import(specifier).catch(importFailed(name, specifier));
  const backend = await start('tensorflow');
  const onCpu = name === 'tensorflow-gpu' && !(backend as NodeBackend).isUsingGpuDevice;
  return onCpu ? 'finds no GPU and computes on the CPU' : undefined;
}

/** What tfjs-node tells of itself. */
type NodeBackend = KernelBackend & {
  readonly isGPUPackage?: boolean;
  readonly isUsingGpuDevice?: boolean;
};

/** Which of the two packages a started backend `'tensorflow'` is. */
export function packageOf(backend: KernelBackend): 'tensorflow' | 'tensorflow-gpu' {
  return (backend as NodeBackend).isGPUPackage ? 'tensorflow-gpu' : 'tensorflow';
}

/** tfjs-node calls two functions that Node 23 took out of its module `util`. */
export function repairUtil(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
