import { tidy } from '@tensorflow/tfjs-core';
import { simdStandardize, simdStandardizeToInput } from './groupsSimd.ts';
import type { StandardizeKernels } from './standardizeKernels.ts';

/** Standardization of groups on wasm by boxprop's own kernels. */
export const wasmSimd: StandardizeKernels = {
  forward(x, grouping, eps) {
    return tidy(() => {
      const { normalized, invStd } = simdStandardize(x, grouping, eps);
      return { normalized, invStd };
    });
  },

  toInput: (g, { normalized, invStd }, grouping) =>
    tidy(() => simdStandardizeToInput(g, normalized, invStd, grouping).gradInput),
};
