import { importFailure } from './failure.ts';
import type { BackendName, BackendOptions } from './options.ts';
import { start } from './start.ts';
import { startTensorflow } from './tensorflow.ts';
import { startWasm } from './wasm.ts';
import { startWebgl } from './webgl.ts';
import { startWebgpu } from './webgpu.ts';

/**
 * Imports the package of a backend and starts the backend. Resolves to a note for the user, if
 * there is one. With `hardwareOnly`, it throws if the GPU is a software GPU.
 */
export type Starter = (
  options: BackendOptions,
  hardwareOnly?: boolean,
) => Promise<string | undefined>;

/** The starter of each backend. */
export const STARTERS: Readonly<Record<BackendName, Starter>> = {
  cpu: startCpu,
  wasm: startWasm,
  tensorflow: (options) => startTensorflow('tensorflow', options),
  'tensorflow-gpu': (options) => startTensorflow('tensorflow-gpu', options),
  webgl: startWebgl,
  webgpu: startWebgpu,
  float64: async () => {
    (await import('./float64/index.ts')).registerFloat64();
    return undefined;
  },
};

async function startCpu(): Promise<undefined> {
  try {
    await import('@tensorflow/tfjs-backend-cpu');
  } catch (error) {
    throw importFailure(error, 'cpu', '@tensorflow/tfjs-backend-cpu');
  }
  // Suppresses the advice to use tfjs-node, which tfjs prints at the first use. The user has chosen
  // cpu.
  Object.assign(await start('cpu'), { firstUse: false });
}
