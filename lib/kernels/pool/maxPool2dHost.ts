import { getBackend } from '@tensorflow/tfjs-core';
import { surelyFinite } from '../reduce/surelyFinite.ts';
import { maxPool2dInLoops, maxPool2dToInputInLoops } from './maxPool2dLoops.ts';
import type { MaxPool2dKernels } from './maxPool2dKernels.ts';
import { tfjs } from './maxPool2dTfjs.ts';

/**
 * Max pooling in loops on cpu, wasm and float64, because tfjs's own kernels lose a NaN. wasm's own
 * kernel is fast, so it is used if there is no NaN. wasm's own gradient is wrong for a window
 * without a positive value, and takes eight times as long.
 */
export const host: MaxPool2dKernels = {
  forward(images, geometry) {
    if (getBackend() === 'wasm' && surelyFinite(images)) return tfjs.forward(images, geometry);
    return { output: maxPool2dInLoops(images, geometry) };
  },

  toInput: maxPool2dToInputInLoops,
};
