import { memory, type KernelBackend } from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { sizeOf } from '../withinMemory.ts';

/** The part of the wasm backend that allocates memory. */
interface WasmBackend {
  readonly wasm: {
    _malloc: (this: void, bytes: number) => number;
    readonly _free: (this: void, address: number) => void;
  };
}

/** The largest size of a wasm heap in bytes, which follows from its 32-bit addresses. */
const LIMIT = 2 ** 32;

/**
 * The number of bytes of the heap that tensors must leave free for the kernels. Kernels allocate
 * memory in C++, and if that fails, the whole backend ends: every later call reports "Aborted()".
 */
const RESERVE = 2 ** 26;

const checked = new WeakSet<WasmBackend['wasm']>();

/**
 * Makes wasm throw if its heap has no room for a tensor. Without this check, tfjs would use the 0
 * that a failed allocation returns as an address, and overwrite other tensors; a size above 4 GiB
 * would wrap around. The program can continue after the error.
 *
 *     wasm: out of memory: 3.5 GiB of 4 GiB are in use, 512 MiB more were asked for; ...
 */
export function checkAllocations(backend: KernelBackend): void {
  const { wasm } = backend as unknown as WasmBackend;
  if (checked.has(wasm)) return;
  checked.add(wasm);
  // `_malloc` is a stub that replaces itself by the real function at its first call. It is called
  // once here, so that the replacement does not undo the check below.
  wasm._free(wasm._malloc(1));
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    if (bytes < LIMIT) {
      const address = malloc(bytes);
      const end = (address >>> 0) + bytes;
      if (address !== 0 && end <= LIMIT - RESERVE) return address;
      if (address !== 0) wasm._free(address);
    }
    throw new InputError(
      `wasm: out of memory: ${sizeOf(memory().numBytes)} of ${sizeOf(LIMIT)} are in use, ` +
        `${sizeOf(bytes)} more were asked for; a smaller batch needs less`,
    );
  };
}
