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

/** An image with values from 0 to 1, row by row. */
export type Pixels = Float32Array;

/** The answer of the network to an image. */
export interface Answer {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
  /** The class with the largest score. */
  readonly digit: number;
}

/** The parts of an image on which a network's prediction depends. */
export interface Attention {
  readonly answer: Answer;
  /** The class to which both maps refer. */
  readonly label: number;
  /** |∂s_label/∂x| for each pixel. */
  readonly saliency: Float32Array;
  /**
   * For each position of a patch that hides a part of the image, the change of the probability of
   * the class. The change is shown because the probability itself is close to 1 everywhere if the
   * image is easy.
   */
  readonly occlusion: {
    readonly rows: number;
    readonly columns: number;
    readonly changes: Float32Array;
  };
}

/** The height and width of an image. */
const SIDE = 28;

/** Computes the scores and probabilities of an image. */
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
 * @param label the class; by default the one that the network predicts.
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

/**
 * An image that differs only a little from another, but for which the network's answer is
 * different.
 */
export interface Adversarial {
  readonly pixels: Pixels;
  readonly answer: Answer;
  /** The distance ‖x' − x‖, and the largest change of a pixel. */
  readonly distance: number;
  readonly largest: number;
}

/**
 * Searches for the closest image for which the network predicts a given digit. Returns undefined if
 * it finds none.
 */
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
