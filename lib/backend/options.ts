import type { SimdChoice } from '../kernels/simd/choice.ts';

export type { SimdChoice } from '../kernels/simd/choice.ts';

/**
 * The name of a backend. `'float64'` is the backend of the gradient checker: it computes in double
 * precision, and is slow.
 */
export type BackendName =
  'cpu' | 'wasm' | 'tensorflow' | 'tensorflow-gpu' | 'webgl' | 'webgpu' | 'float64';

/** The backends that run in Node, for the command line. */
export const NODE_BACKENDS: readonly BackendName[] = [
  'tensorflow-gpu',
  'tensorflow',
  'webgpu',
  'wasm',
  'cpu',
  'float64',
];

/**
 * Options that are used when a backend starts. Each backend ignores the options of other backends,
 * so `'auto'` accepts all of them.
 */
export interface BackendOptions {
  /**
   * The number of threads: by default all cores on tensorflow, and one on wasm. It is fixed when
   * the backend first starts. In a browser, wasm has threads if the page is cross-origin isolated.
   */
  readonly threads?: number;
  /**
   * wasm: the instructions that boxprop's own kernels may use. `'relaxed'`, the default, uses fused
   * multiply-adds if the machine has them; they round only once. `'plain'` gives the same bytes on
   * every machine. `'none'` uses tfjs's kernels. If the machine lacks the instructions, the next
   * choice is used.
   */
  readonly simd?: SimdChoice;
  /**
   * wasm: the URL of the folder with tfjs's .wasm files, which ends in `/`, or the URLs of the
   * files. By default a page looks for them where webpack or Vite has put them, where an import map
   * or node_modules has the package, in the folder of the script, and in the folder of the page.
   */
  readonly wasmPaths?: string | Readonly<Partial<Record<WasmFile, string>>>;
  /** webgpu in Node: options of Dawn, such as `'backend=vulkan'` or `'adapter=NAME'`. */
  readonly dawn?: readonly string[];
  /**
   * webgl: whether half precision may be used on a device without single precision; false by
   * default, because half precision makes gradients unreliable.
   */
  readonly halfPrecision?: boolean;
  /** webgl, webgpu: whether tfjs computes small tensors on the CPU; true by default. */
  readonly cpuForward?: boolean;
  /** Receives one line that names the backend that `'auto'` chose, and the reason. */
  readonly log?: (line: string) => void;
}

/** The files of the wasm backend. One of them is used, depending on the machine's abilities. */
export type WasmFile = `tfjs-backend-wasm${'' | '-simd' | '-threaded-simd'}.wasm`;

/**
 * Returns the name under which tfjs registers a backend. Both packages of TensorFlow have the same
 * registered name.
 */
export function registeredName(name: BackendName): string {
  return name === 'tensorflow-gpu' ? 'tensorflow' : name;
}
