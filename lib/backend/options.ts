import type { SimdChoice } from '../kernels/simd/choice.ts';

export type { SimdChoice } from '../kernels/simd/choice.ts';

/**
 * The name of a backend. `'float64'` is for the gradient checker: it has double precision, and is
 * slow.
 */
export type BackendName =
  'cpu' | 'wasm' | 'tensorflow' | 'tensorflow-gpu' | 'webgl' | 'webgpu' | 'float64';

/** The backends of Node, for a command line. */
export const NODE_BACKENDS: readonly BackendName[] = [
  'tensorflow-gpu',
  'tensorflow',
  'webgpu',
  'wasm',
  'cpu',
  'float64',
];

/**
 * The options for the start of a backend. Each backend ignores the options of other backends, so
 * `'auto'` can take all of them.
 */
export interface BackendOptions {
  /**
   * The number of threads: by default all cores on tensorflow, and one on wasm. It is fixed when
   * the backend first starts. In a browser, wasm has threads if the page is cross-origin isolated.
   */
  readonly threads?: number;
  /**
   * wasm: the instructions that boxprop's own kernels may use. `'relaxed'`, the default, rounds a
   * product and a sum once where the machine can do that. `'plain'` gives the same bytes on every
   * machine. `'none'` uses tfjs's kernels. A machine that lacks the instructions gets the next
   * choice.
   */
  readonly simd?: SimdChoice;
  /**
   * wasm: the URL of the folder with its .wasm files, which ends in `/`, or the URLs of the files.
   * By default a page looks for them where webpack or Vite has put them, where an import map or
   * node_modules has the package, beside the script, and beside the page.
   */
  readonly wasmPaths?: string | Readonly<Partial<Record<WasmFile, string>>>;
  /** webgpu in Node: options of Dawn, such as `'backend=vulkan'` or `'adapter=NAME'`. */
  readonly dawn?: readonly string[];
  /**
   * webgl: whether half precision is allowed on a device without single precision; false by
   * default. It makes gradients unreliable.
   */
  readonly halfPrecision?: boolean;
  /** webgl, webgpu: whether tfjs computes small tensors on the CPU, as it does by default. */
  readonly cpuForward?: boolean;
  /** Receives one line with the backend that `'auto'` chose and the reason. */
  readonly log?: (line: string) => void;
}

/** The files of the wasm backend. One of them is used, depending on the machine's abilities. */
export type WasmFile = `tfjs-backend-wasm${'' | '-simd' | '-threaded-simd'}.wasm`;

/**
 * Returns the name of a backend in tfjs's registry, where both packages of TensorFlow have the same
 * name.
 */
export function registeredName(name: BackendName): string {
  return name === 'tensorflow-gpu' ? 'tensorflow' : name;
}
