import type { Plugin } from 'vite';

/** The build of wasm with threads, which `trainWorker` does not start. */
const THREADED = /tfjs-backend-wasm-threaded-simd.*\.wasm$/;

/** Leaves the wasm file that the page never loads out of the build. */
export function withoutThreads(): Plugin {
  return {
    name: 'boxprop-without-threads',
    generateBundle(_, bundle) {
      for (const name of Object.keys(bundle)) if (THREADED.test(name)) delete bundle[name];
    },
  };
}
