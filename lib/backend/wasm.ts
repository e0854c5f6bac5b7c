import { env } from '@tensorflow/tfjs-core';
import { importFailure } from './failure.ts';
import type { BackendOptions } from './options.ts';
import { start, started } from './start.ts';
import { shareClones } from './wasmClone.ts';
import { findWasmFiles } from './wasmFiles.ts';
import { checkAllocations } from './wasmMemory.ts';

/**
 * Starts wasm with boxprop's own kernels, XNNPACK's and tfjs's. They use SIMD if the machine has
 * it. Resolves to a note that names the kernels, and the number of threads if it is smaller than
 * requested.
 */
export async function startWasm({
  threads = 1,
  wasmPaths,
  simd = 'relaxed',
}: BackendOptions): Promise<string | undefined> {
  const wasm = await importWasm();
  const inBrowser = env().getBool('IS_BROWSER');
  if (inBrowser) {
    if (started('wasm') === undefined) wasm.setWasmPaths(await findWasmFiles(wasmPaths));
  } else if (wasmPaths !== undefined) {
    wasm.setWasmPaths(typeof wasmPaths === 'string' ? wasmPaths : { ...wasmPaths });
  }
  wasm.setThreadsCount(threads);
  if (inBrowser) {
    await start('wasm');
  } else {
    await withoutListeners(async () => {
      if (threads === 1) return void (await start('wasm'));
      const { threadedModule } = await import('./wasmThreads.ts');
      await start('wasm', async () => {
        const { module, detach } = await threadedModule(Math.min(threads, MAX_THREADS));
        const backend = new wasm.BackendWasm(module);
        detach();
        return backend;
      });
    });
  }
  shareClones();
  const backend = await start('wasm');
  checkAllocations(backend);
  const { startSimd } = await import('../kernels/simd/startSimd.ts');
  const kernels = await startSimd(backend, simd, Math.min(threads, MAX_THREADS));
  // The number of threads of boxprop's own kernels is reported, because these kernels do most of
  // the work. tfjs's number may be smaller, because tfjs uses at most half of the cores in a
  // browser.
  const actual = kernels.choice === 'none' ? wasm.getThreadsCount() : kernels.threads;
  const shortage = actual < threads ? `has ${actual} of ${threads} threads here, ` : '';
  return `${shortage}uses ${KERNELS[kernels.choice]}`;
}

/**
 * The largest number of threads. tfjs's build creates eight workers before it knows the number of
 * threads.
 */
const MAX_THREADS = 8;

/** The text of the note for each choice of kernels. */
const KERNELS = {
  relaxed: 'own kernels in relaxed SIMD',
  plain: 'own kernels in plain SIMD',
  none: "tfjs's kernels",
} as const;

async function importWasm() {
  try {
    return await import('@tensorflow/tfjs-backend-wasm');
  } catch (error) {
    throw importFailure(error, 'wasm', '@tensorflow/tfjs-backend-wasm');
  }
}

/**
 * Runs `body` and removes the listeners for uncaught errors that it adds. Emscripten's listeners
 * throw the error again. Node would then print the source line of that throw, which is the whole
 * minified code, before the user's error.
 */
async function withoutListeners(body: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'exit'));
  await body();
  events.forEach((event, i) => {
    for (const listener of process.listeners(event as 'exit')) {
      if (!before[i].includes(listener)) process.off(event, listener);
    }
  });
}
