/** `'float64'` is the double-precision reference of the gradient checker: exact, and slow. */
export type BackendName =
  'cpu' | 'wasm' | 'tensorflow' | 'tensorflow-gpu' | 'webgl' | 'webgpu' | 'float64';

/** Those of Node, for a command line. */
export const NODE_BACKENDS: readonly BackendName[] = [
  'tensorflow-gpu',
  'tensorflow',
  'webgpu',
  'wasm',
  'cpu',
  'float64',
];

/** How a backend starts. What a backend has no use for it ignores, so that the same options fit `'auto'`. */
export interface BackendOptions {
  /**
   * How many threads compute: on tensorflow, by default, all cores; on wasm one. They are fixed when the backend first
   * starts. In a browser wasm has threads where the page is cross-origin isolated.
   */
  readonly threads?: number;
  /** wasm: the folder that its .wasm files are fetched from, as a URL that ends in `/`, or the URL of each. */
  readonly wasmPaths?: string | Readonly<Partial<Record<WasmFile, string>>>;
  /** webgpu in Node: what Dawn takes, such as `'backend=vulkan'` or `'adapter=NAME'`. */
  readonly dawn?: readonly string[];
  /** webgl: compute in half precision where the device has no other. Gradients are then of little worth. */
  readonly halfPrecision?: boolean;
  /** webgl, webgpu: whether small tensors that are not on the device yet are computed on the CPU; tfjs does so. */
  readonly cpuForward?: boolean;
  /** Hears, in one line, which backend `'auto'` took and why. */
  readonly log?: (line: string) => void;
}

export type WasmFile = `tfjs-backend-wasm${'' | '-simd' | '-threaded-simd'}.wasm`;

/** tfjs knows both packages of TensorFlow by one name. */
export function registeredName(name: BackendName): string {
  return name === 'tensorflow-gpu' ? 'tensorflow' : name;
}
