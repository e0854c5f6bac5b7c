/** The choices for the instructions of boxprop's own kernels on wasm, fastest first. */
export const SIMD_CHOICES = ['relaxed', 'plain', 'none'] as const;

/** One of these choices; see the option `simd` of `useBackend`. */
export type SimdChoice = (typeof SIMD_CHOICES)[number];
