/** The instructions that boxprop's own kernels on wasm may use, the fastest first. */
export const SIMD_CHOICES = ['relaxed', 'plain', 'none'] as const;

/**
 * The instructions that boxprop's own kernels on wasm use; see the option `simd` of `useBackend`.
 */
export type SimdChoice = (typeof SIMD_CHOICES)[number];
