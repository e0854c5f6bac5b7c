import { concat, split as cut, type Tensor } from '@tensorflow/tfjs-core';
import { closestAdversarial } from '../inspect/closestAdversarial.ts';
import { fastGradientSign } from '../inspect/fastGradientSign.ts';
import { InputError } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { searchBar } from './progress.ts';

/** An attack on images: `sign` is fast gradient sign, and `closest` is L-BFGS. */
export type AttackMethod = 'sign' | 'closest';

/** The options of `changeImages`. */
export interface AttackOptions {
  readonly method: AttackMethod;
  /** The amount by which each pixel changes (sign). */
  readonly epsilon: number;
  /** The indices of the images, for the progress bar. */
  readonly examples: readonly number[];
  /** The class that the network should predict (closest); by default that after the label. */
  readonly target?: number;
}

/**
 * Changes the images of a batch by an attack. Takes ownership of the batch. An image for which
 * `closest` finds nothing stays as it is.
 *
 * @param classes the number of classes.
 */
export async function changeImages(
  network: Module,
  { input, labels: tensor }: { input: Tensor; labels: Tensor },
  { method, epsilon, target, examples }: AttackOptions,
  classes: number,
): Promise<{ before: Tensor; after: Tensor; labels: number[] }> {
  await requirePixels(input);
  const labels = Array.from(await tensor.data());
  if (method === 'sign') {
    const after = fastGradientSign(network, { input, labels: tensor, epsilon });
    disposeTensors(tensor);
    return { before: input, after, labels };
  }
  const images = cut(input, labels.length);
  const found: Tensor[] = [];
  const bar = searchBar();
  try {
    for (const [k, image] of images.entries()) {
      bar.begin(examples[k]);
      const adversarial = await closestAdversarial(network, {
        input: image,
        target: target ?? (labels[k] + 1) % classes,
        onTry: ({ tries, atMost }) => bar.tried(tries, atMost),
      });
      found.push(adversarial ?? image.clone());
    }
  } finally {
    bar.hide();
  }
  const after = concat(found);
  disposeTensors([tensor, images, found]);
  return { before: input, after, labels };
}

/** Throws unless all values are from 0 to 1, between which the attacks keep them. */
async function requirePixels(input: Tensor): Promise<void> {
  const values: ArrayLike<number> = await input.data();
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= 0 && values[i] <= 1) continue;
    throw new InputError(
      `--data: expected images, whose values are from 0 to 1, got a value of ${values[i]}`,
    );
  }
}
