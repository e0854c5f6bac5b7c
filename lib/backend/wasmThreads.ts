import type * as fs from 'node:fs';
import type * as node from 'node:module';
import type * as workerThreads from 'node:worker_threads';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/**
 * This name has the type `string`, because a bundler for the browser would try to resolve the
 * import of a literal.
 */
const FS: string = 'node:fs';
const MODULE: string = 'node:module';
const WORKERS: string = 'node:worker_threads';

const BUILD = '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd';

type Module = ConstructorParameters<typeof BackendWasm>[0];

/** Emscripten's module, before tfjs has given names to its functions. */
interface Emscripten {
  readonly cwrap: (
    name: string,
    returns: 'number' | null,
    takes: readonly 'number'[],
  ) => (...numbers: number[]) => number;
  readonly PThread: Pool;
}

interface Pool {
  readonly runningWorkers: readonly { unref(): void }[];
  unusedWorkers: readonly { terminate(): Promise<number> }[];
}

type Factory = (options: {
  locateFile(file: string, folder: string): string | URL;
  instantiateWasm(imports: Imports, receive: (instance: Instance, module: object) => void): object;
}) => Promise<Emscripten>;

type Imports = Readonly<Record<string, object>>;

interface Instance {
  readonly exports: object;
}

/** The global `WebAssembly`. TypeScript declares it only for browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: Imports) => Instance;
  };
};

/**
 * Starts tfjs's build of wasm with threads in Node. tfjs itself starts it only in browsers: it
 * loads the workers from a blob URL, which Node's workers do not accept, and it uses at most half
 * as many threads as there are cores. This function loads the workers from a data URL, and reports
 * twice as many cores to the build as there will be threads.
 *
 * @returns the module, and `detach`; after `detach` is called, waiting threads do not keep the
 *   process alive.
 */
export async function threadedModule(
  threads: number,
): Promise<{ module: Module; detach: () => void }> {
  const { readFileSync } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ FS
  )) as typeof fs;
  const { createRequire } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ MODULE
  )) as typeof node;
  const { Worker } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ WORKERS
  )) as typeof workerThreads;
  const require = createRequire(import.meta.url);
  const script = require.resolve(`${BUILD}.js`);
  const factory = require(script) as Factory;
  const { wasmWorkerContents } = require(`${BUILD}.worker.js`) as { wasmWorkerContents: string };
  const workerUrl = asModule(wasmWorkerContents, script);

  /**
   * A worker that does not inherit the options of this process, such as a loader for TypeScript.
   */
  class PlainWorker extends Worker {
    constructor(url: URL) {
      super(url, { execArgv: [] });
    }
  }
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  try {
    const made = await factory({
      locateFile(file, folder) {
        if (!file.endsWith('.worker.js')) return folder + file;
        // Emscripten has just set the global `Worker` to Node's, and is about to use it.
        Object.defineProperty(globalThis, 'Worker', {
          value: PlainWorker,
          configurable: true,
          writable: true,
        });
        return workerUrl;
      },
      instantiateWasm(imports, receive) {
        Object.assign(imports.env, { emscripten_num_logical_cores: () => 2 * threads });
        const compiled = new WebAssembly.Module(readFileSync(script.replace(/\.js$/, '.wasm')));
        const instance = new WebAssembly.Instance(compiled, imports);
        receive(instance, compiled);
        return instance.exports;
      },
    });
    return { module: named(made), detach: () => detach(made.PThread) };
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'Worker');
    else Object.defineProperty(globalThis, 'Worker', before);
  }
}

/** Converts a worker's code from CommonJS to an ES module. */
function asModule(code: string, script: string): URL {
  const lines = [
    "import { createRequire } from 'node:module';",
    `const __filename = ${JSON.stringify(script)};`,
    'const require = createRequire(__filename);',
    // The code comes from a string literal, in which each `\n` of the code became a line break.
    // This line restores them, as tfjs does.
    code.replace(/\n/g, '\\n'),
  ];
  return new URL(`data:text/javascript,${encodeURIComponent(lines.join('\n'))}`);
}

/** Gives names to the functions of a module, as tfjs does when it starts one. */
function named(made: Emscripten): Module {
  const tfjs = {
    init: made.cwrap('init', null, []),
    initWithThreadsCount: made.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: made.cwrap('get_threads_count', 'number', []),
    registerTensor: made.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: made.cwrap('dispose_data', null, ['number']),
    dispose: made.cwrap('dispose', null, []),
  };
  return Object.assign(made as unknown as Module, { tfjs });
}

/**
 * After this call, waiting threads no longer keep the process alive. Workers that run no thread are
 * ended.
 */
function detach(pool: Pool): void {
  for (const worker of pool.runningWorkers) worker.unref();
  for (const worker of pool.unusedWorkers) void worker.terminate();
  pool.unusedWorkers = [];
}
