import { memory, type KernelBackend } from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { sizeOf } from '../withinMemory.ts';

/** The part of the wasm backend that allocates. */
interface WasmBackend {
  readonly wasm: {
    _malloc: (this: void, bytes: number) => number;
    readonly _free: (this: void, address: number) => void;
  };
}

/** The largest size of a wasm heap in bytes, because its addresses have 32 bits. */
const LIMIT = 2 ** 32;

/**
 * The number of bytes of the heap that tensors must leave free for the kernels. Kernels allocate
 * within C++, where a failure ends the whole backend: every later call reports "Aborted()".
 */
const RESERVE = 2 ** 26;

const checked = new WeakSet<WasmBackend['wasm']>();

/**
 * Makes wasm refuse a tensor for which its heap has no room. Without this check, tfjs would use the
 * 0 that a failed allocation returns as an address, and write over other tensors; a size above 4
 * GiB would wrap around. A refused tensor changes nothing, so the program can continue.
 *
 *     wasm: out of memory: 3.5 GiB of 4 GiB are in use, 512 MiB more were asked for; ...
 */
export function checkAllocations(backend: KernelBackend): void {
  const { wasm } = backend as unknown as WasmBackend;
  if (checked.has(wasm)) return;
  checked.add(wasm);
  // `_malloc` is a stub that its first call replaces by the real function. This call makes sure
  // that the replacement does not undo the check.
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
