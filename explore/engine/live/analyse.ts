import { softmax, tensor4d, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  closestAdversarial,
  type ClosestAdversarialOptions,
} from '../../../inspect/closestAdversarial.ts';
import { occlusion } from '../../../inspect/occlusion.ts';
import { saliency } from '../../../inspect/saliency.ts';
import { PATCH } from './patch.ts';
import { disposeTensors, tidy } from '../../../lib/memory.ts';
import type { Module } from '../../../lib/module.ts';

/** An image in shades from 0 to 1, row by row. */
export type Pixels = Float32Array;

/** The answer of the network to an image. */
export interface Answer {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
  /** The class with the largest score. */
  readonly digit: number;
}

/** The places at which a network looks for a class. */
export interface Attention {
  readonly answer: Answer;
  /** The class that both maps are about. */
  readonly label: number;
  /** |∂s_label/∂x| of each pixel. */
  readonly saliency: Float32Array;
  /**
   * For each place of a patch that hides a part of the image, the change of the probability of the
   * class. The probability itself is close to 1 everywhere if the image is easy.
   */
  readonly occlusion: {
    readonly rows: number;
    readonly columns: number;
    readonly changes: Float32Array;
  };
}

/** The side of an image. */
const SIDE = 28;

/** Computes scores and probabilities. */
export async function answer(network: Module, pixels: Pixels): Promise<Answer> {
  const found = tidy(() => {
    const scores = network.infer(imageOf(pixels)) as Tensor2D;
    return { scores, probabilities: softmax(scores) };
  });
  const scores = [...(await found.scores.data())];
  const probabilities = [...(await found.probabilities.data())];
  disposeTensors(found);
  return { scores, probabilities, digit: scores.indexOf(Math.max(...scores)) };
}

/**
 * Computes the maps of `saliency` and `occlusion`.
 *
 * @param label by default the class that the network answers.
 */
export async function attend(network: Module, pixels: Pixels, label?: number): Promise<Attention> {
  const said = await answer(network, pixels);
  const about = label ?? said.digit;
  const image = imageOf(pixels);
  const map = saliency(network, { images: image, labels: [about] });
  try {
    const { probabilities, ...size } = await occlusion(network, { image, label: about, ...PATCH });
    const changes = probabilities.map((probability) => probability - said.probabilities[about]);
    return {
      answer: said,
      label: about,
      saliency: Float32Array.from(await map.data()),
      occlusion: { ...size, changes },
    };
  } finally {
    disposeTensors([image, map]);
  }
}

/** An image that differs a little from another, and has another answer. */
export interface Adversarial {
  readonly pixels: Pixels;
  readonly answer: Answer;
  /** ‖x' − x‖, and the largest change of a pixel. */
  readonly distance: number;
  readonly largest: number;
}

/** Looks for the closest image that the network takes for a digit. */
export async function makeIt(
  network: Module,
  pixels: Pixels,
  options: Pick<ClosestAdversarialOptions, 'target' | 'onTry' | 'signal'>,
): Promise<Adversarial | undefined> {
  const input = imageOf(pixels);
  const found = await closestAdversarial(network, { input, ...options }).finally(() =>
    disposeTensors(input),
  );
  if (found === undefined) return undefined;
  const changed = Float32Array.from(await found.data());
  disposeTensors(found);
  const changes = changed.map((value, i) => value - pixels[i]);
  return {
    pixels: changed,
    answer: await answer(network, changed),
    distance: Math.hypot(...changes),
    largest: Math.max(...changes.map(Math.abs)),
  };
}

function imageOf(pixels: Pixels): Tensor4D {
  return tensor4d(pixels, [1, SIDE, SIDE, 1]);
}
