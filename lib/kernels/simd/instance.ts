/**
 * Computes the units first ... past − 1 of a kernel's work. `args` is the address of the kernel's
 * struct. `scratch` is the address of memory for intermediate values.
 */
export type KernelFunction = (args: number, first: number, past: number, scratch: number) => void;

/** A WebAssembly memory. When it grows, `buffer` becomes another object. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
}

/** The kernels, compiled and bound to a memory. */
export interface Instance {
  readonly module: object;
  readonly memory: Memory;
  readonly exports: Readonly<Record<string, KernelFunction>>;
}
