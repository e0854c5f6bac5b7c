import { abs, max, tensor2d, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkLabels, checkOptions } from '../lib/check.ts';
import { tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { inputGradient } from './inputGradient.ts';

/** The options of `saliency`. */
export interface SaliencyOptions {
  /** A batch of images, [N, H, W, C]. */
  readonly images: Tensor4D;
  /** For each image, the class whose score is differentiated. */
  readonly labels: readonly number[];
}

/**
 * Measures how strongly each pixel changes the score of a class: the maximum of |∂s_class/∂x| over
 * the channels.
 *
 * Shapes: images [N, H, W, C]; labels N classes; the result [N, H, W]. The caller disposes the
 *         result.
 * Errors: an unknown option; a label that is not a class; those of the boxes.
 * Source: Simonyan, Vedaldi, Zisserman 2013, arXiv:1312.6034, section 3.
 *
 *     const { input } = test.batch(Int32Array.of(0, 1));
 *     const map = saliency(network, { images: input as Tensor4D, labels: [7, 2] });
 */
export function saliency(network: Module, options: SaliencyOptions): Tensor3D {
  checkOptions('saliency', options, ['images', 'labels']);
  const { images, labels } = options;
  return tidy(() => {
    const gradient = inputGradient(network, images, ({ shape: [examples, classes = 1] }) => {
      checkLabels(network, labels, classes);
      const ones = new Float32Array(examples * classes);
      labels.forEach((label, n) => (ones[n * classes + label] = 1));
      return tensor2d(ones, [examples, classes]);
    });
    return max<Tensor3D>(abs(gradient), -1);
  });
}
