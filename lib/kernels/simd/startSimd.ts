import type { SimdChoice } from './choice.ts';
import type { Instance, Memory } from './instance.ts';
import { startPool, type Pool } from './pool.ts';
import { setSimd } from './current.ts';
import { SIMD_KERNELS } from './kernels.ts';
import { addSimd, Simd, type WasmHeap } from './simd.ts';

/** The global `WebAssembly`. TypeScript declares it only for browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly validate: (bytes: Uint8Array) => boolean;
    readonly compile: (bytes: Uint8Array) => Promise<object>;
    readonly Instance: new (
      module: object,
      imports: { readonly env: { readonly memory: object } },
    ) => { readonly exports: Readonly<Record<string, unknown>> };
  };
};

/**
 * The wasm backend. tfjs's build for one thread exports its memory, and the build with threads
 * imports it.
 */
interface WasmBackend extends WasmHeap {
  dispose: () => void;
  readonly wasm: WasmHeap['wasm'] & {
    readonly asm?: { readonly memory?: Memory };
    readonly wasmMemory?: Memory;
  };
}

/** The number of bytes of the stack of an instance. The kernels use only a few hundred. */
const STACK_BYTES = 4096;

/** The result of `startSimd`. */
export interface StartedSimd {
  readonly choice: SimdChoice;
  readonly threads: number;
}

const NONE: StartedSimd = { choice: 'none', threads: 1 };

/**
 * Adds boxprop's own kernels to a wasm backend. Resolves to the choice of instructions and to the
 * number of threads. The choice is `'none'` if the machine has no SIMD, or if the backend's memory
 * is not accessible. The number of threads is 1 unless the backend is tfjs's build with threads.
 *
 * @param most the best choice that is allowed.
 */
export async function startSimd(
  wasmBackend: object,
  most: SimdChoice,
  threads: number,
): Promise<StartedSimd> {
  const backend = wasmBackend as WasmBackend;
  const memory = backend.wasm.asm?.memory ?? backend.wasm.wasmMemory;
  if (memory === undefined || most === 'none') return NONE;
  for (const choice of most === 'relaxed' ? (['relaxed', 'plain'] as const) : ['plain' as const]) {
    if (choice === 'relaxed') await allowRelaxed();
    const bytes = decode(await importBinary(choice), isShared(memory));
    if (!WebAssembly.validate(bytes)) continue;
    const instance = await instantiate(bytes, memory);
    setStack(instance, stackIn(backend));
    const count = isShared(memory) ? threads : 1;
    const reserve = (size: number) => backend.wasm._malloc(size) >>> 0;
    const pool =
      count > 1 ? await startPool(count, instance, reserve, () => stackIn(backend)) : undefined;
    if (pool !== undefined) endWith(backend, pool);
    addSimd(backend, new Simd(backend, instance, pool));
    setSimd(backend, SIMD_KERNELS);
    return { choice, threads: count };
  }
  return NONE;
}

/** Ends the threads as soon as tfjs removes the backend. */
function endWith(backend: WasmBackend, pool: Pool): void {
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    pool.end();
    dispose();
  };
}

async function instantiate(bytes: Uint8Array, memory: Memory): Promise<Instance> {
  const module = await WebAssembly.compile(bytes);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { module, memory, exports: exports as Instance['exports'] };
}

/**
 * Sets the address of the stack that the compiled code uses. By default it is at address 0, where
 * tfjs stores its data.
 */
function setStack({ exports }: Instance, end: number): void {
  (exports as unknown as { readonly __stack_pointer: { value: number } }).__stack_pointer.value =
    end;
}

/**
 * Reserves memory for a stack in the heap and returns its upper end, because a stack grows
 * downwards.
 */
function stackIn({ wasm }: WasmHeap): number {
  const end = (wasm._malloc(STACK_BYTES) >>> 0) + STACK_BYTES;
  return end - (end % 16);
}

async function importBinary(choice: 'relaxed' | 'plain'): Promise<string> {
  const binary = await (choice === 'relaxed'
    ? import('./binary/relaxed.ts')
    : import('./binary/plain.ts'));
  return binary.default;
}

/**
 * This name has the type `string`, because a bundler for the browser would try to resolve a
 * literal.
 */
const V8: string = 'node:v8';

/** Enables relaxed SIMD in Node 20, where it needs a flag. */
async function allowRelaxed(): Promise<void> {
  if (typeof process === 'undefined' || process.versions?.v8 === undefined) return;
  try {
    const v8 = (await import(/* webpackIgnore: true */ /* @vite-ignore */ V8)) as {
      setFlagsFromString(flags: string): void;
    };
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  } catch {
    // A bundle for the browser has no such module.
  }
}

function isShared({ buffer }: Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}

/**
 * The bytes of the memory's import: "env", "memory", kind 2 (memory), flag 0 (without a maximum).
 */
const IMPORT = [3, ...letters('env'), 6, ...letters('memory'), 2, 0];

/** The flag of a shared memory with a maximum. The maximum is that of tfjs, 65536 pages. */
const SHARED = 3;
const MAXIMUM = [0x80, 0x80, 0x04];

/**
 * Decodes a binary. In tfjs's build with threads the memory is shared and has a maximum, so the
 * import of the memory in the binary must declare both.
 */
function decode(base64: string, shared: boolean): Uint8Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (!shared) return bytes;
  const at = bytes.findIndex((_, i) => IMPORT.every((byte, k) => bytes[i + k] === byte));
  const [flag, minimum] = [at + IMPORT.length - 1, at + IMPORT.length];
  bytes[flag] = SHARED;
  // The length of the section is stored before the number of imports, which is 1.
  bytes[at - 2] += MAXIMUM.length;
  return Uint8Array.from([
    ...bytes.subarray(0, minimum + 1),
    ...MAXIMUM,
    ...bytes.subarray(minimum + 1),
  ]);
}

function letters(word: string): number[] {
  return Array.from(word, (letter) => letter.charCodeAt(0));
}
