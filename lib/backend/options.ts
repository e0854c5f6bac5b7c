/** The name of a backend. `'float64'` is the gradient checker's: in double precision, and slow. */
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

/** How a backend starts. Each backend ignores options of others, so the same ones fit `'auto'`. */
export interface BackendOptions {
  /**
   * The number of threads: by default all cores on tensorflow, and one on wasm. It is fixed when
   * the backend first starts. In a browser, wasm has threads if the page is cross-origin isolated.
   */
  readonly threads?: number;
  /**
   * wasm: where its .wasm files are: the URL of their folder, which ends in `/`, or the URL of each
   * file.
   */
  readonly wasmPaths?: string | Readonly<Partial<Record<WasmFile, string>>>;
  /** webgpu in Node: options of Dawn, such as `'backend=vulkan'` or `'adapter=NAME'`. */
  readonly dawn?: readonly string[];
  /** webgl: allows half precision if the device has no other. It makes gradients unreliable. */
  readonly halfPrecision?: boolean;
  /** webgl, webgpu: whether tfjs computes small tensors on the CPU, as it does by default. */
  readonly cpuForward?: boolean;
  /** Receives one line that says which backend `'auto'` chose and why. */
  readonly log?: (line: string) => void;
}

/** The files of the wasm backend, of which the machine's abilities select one. */
export type WasmFile = `tfjs-backend-wasm${'' | '-simd' | '-threaded-simd'}.wasm`;

/** Returns the name in tfjs's registry, where both packages of TensorFlow have the same one. */
export function registeredName(name: BackendName): string {
  return name === 'tensorflow-gpu' ? 'tensorflow' : name;
}
