import type { Plugin } from 'vite';

/** Matches tfjs's wasm build with threads, which `trainWorker` does not start. */
const THREADED = /tfjs-backend-wasm-threaded-simd.*\.wasm$/;

/** Removes the wasm file that the page never loads from the build. */
export function withoutThreads(): Plugin {
  return {
    name: 'boxprop-without-threads',
    generateBundle(_, bundle) {
      for (const name of Object.keys(bundle)) if (THREADED.test(name)) delete bundle[name];
    },
  };
}
