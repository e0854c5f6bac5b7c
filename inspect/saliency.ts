import { abs, max, tensor2d, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkLabels } from '../lib/check.ts';
import { tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { inputGradient } from './inputGradient.ts';

/**
 * How strongly each pixel moves the score of a class: max over the channels of |∂s_class/∂x|.
 *
 * Shapes: images [N, H, W, C]; labels one class an image; the result [N, H, W].
 * Errors: those of the boxes; a label that is no class.
 * Source: Simonyan, Vedaldi, Zisserman 2013, arXiv:1312.6034, section 3.
 */
export function saliency(network: Module, images: Tensor4D, labels: readonly number[]): Tensor3D {
  return tidy(() => {
    const gradient = inputGradient(network, images, ({ shape: [records, classes = 1] }) => {
      checkLabels(network, labels, classes);
      const ones = new Float32Array(records * classes);
      labels.forEach((label, n) => (ones[n * classes + label] = 1));
      return tensor2d(ones, [records, classes]);
    });
    return max<Tensor3D>(abs(gradient), -1);
  });
}
