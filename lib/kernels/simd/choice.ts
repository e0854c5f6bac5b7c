/** The choices of instructions for own kernels on wasm, the fastest first. */
export const SIMD_CHOICES = ['relaxed', 'plain', 'none'] as const;

/** The instructions that own kernels on wasm use: see the option `simd` of `useBackend`. */
export type SimdChoice = (typeof SIMD_CHOICES)[number];
