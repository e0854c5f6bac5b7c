import { softmax, tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../lib/check.ts';
import { InputError, show } from '../../lib/errors.ts';
import { median } from '../../lib/estimate.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import type { Module } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';
import { yieldToEventLoop } from '../../lib/yieldToEventLoop.ts';
import { checkCounts } from '../traceFor.ts';
import type { ImageEncoding } from './encoding.ts';

/** The options of `evolveImages`. */
export interface EvolveImagesOptions<Genome> {
  /** How a genome describes an image: `directEncoding(shape)` or `cppnEncoding(shape)`. */
  readonly encoding: ImageEncoding<Genome>;
  /** The shape of an image, without the batch. */
  readonly inputShape: readonly number[];
  /** The generator for the first images and the mutations. */
  readonly rng: Rng;
  /** The number of generations after the first one, which is random; 200 by default. */
  readonly generations?: number;
  /** The number of images per generation, 100 by default. */
  readonly offspring?: number;
  /** The largest number of images that the network sees at once; by default all of a generation. */
  readonly batchSize?: number;
  /** Receives the number of each generation, counted from 0, after it. */
  readonly onGeneration?: (generation: Generation) => void;
  /** Stops the evolution when it is aborted; `evolveImages` then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** The state of an evolution after a generation. */
export interface Generation {
  /** The number of the generation; the random one is 0. */
  readonly generation: number;
  /** The median, over the classes, of the champions' confidences. */
  readonly median: number;
}

/** The image in which a network recognizes a class with the largest confidence of all. */
export interface Champion<Genome> {
  readonly genome: Genome;
  /** The probability that the network gives to the class. */
  readonly confidence: number;
  /** The generation in which the image appeared. */
  readonly generation: number;
}

/**
 * Evolves one image per class that a network assigns to the class with a large confidence, by
 * MAP-Elites and without any gradient:
 *
 *   champion_c = the genome with the largest softmax(scores(image))_c so far
 *
 * Each generation draws parents from the champions with equal probabilities, mutates them, and lets
 * every image compete in every class, so that a step towards one class may help another. Only the
 * genomes of the champions are kept.
 *
 * Shapes: the network takes [N, ...inputShape] and returns one score per class, [N, classes].
 * Errors: an unknown option; counts that are not integers of at least 1; an image of another size;
 *         a network that does not return scores, or returns scores that are not numbers; those of
 *         the boxes.
 * Source: Nguyen, Yosinski, Clune 2015, arXiv:1412.1897, section 2.3; Mouret & Clune 2015,
 *         arXiv:1504.04909 (MAP-Elites).
 * @returns the champion of each class.
 *
 *     const encoding = directEncoding([28, 28, 1]);
 *     const options = { encoding, inputShape: [28, 28, 1], rng: new Rng(0) };
 *     const champions = await evolveImages(network, options);
 *     const pixels = encoding.draw(champions[3].genome);
 */
export async function evolveImages<Genome>(
  network: Module,
  options: EvolveImagesOptions<Genome>,
): Promise<Champion<Genome>[]> {
  checkOptions('evolveImages', options, OPTIONS);
  const { encoding, inputShape, rng, generations = 200, offspring = 100 } = options;
  const { batchSize = offspring, onGeneration, signal } = options;
  checkCounts('evolveImages', { generations, offspring, batchSize });
  const champions: Champion<Genome>[] = [];
  for (let generation = 0; generation <= generations; generation++) {
    const genomes = Array.from(
      { length: offspring },
      () =>
      generation === 0 ? encoding.random(rng) : encoding.mutate(rng.pick(champions).genome, rng, generation), // prettier-ignore
    );
    for (let start = 0; start < offspring; start += batchSize) {
      signal?.throwIfAborted();
      const batch = genomes.slice(start, start + batchSize);
      const confidences = await confidencesOf(network, batch.map(encoding.draw), inputShape);
      batch.forEach((genome, n) =>
        confidences[n].forEach((confidence, k) => {
          if (k < champions.length && confidence <= champions[k].confidence) return;
          champions[k] = { genome, confidence, generation };
        }),
      );
      await yieldToEventLoop();
    }
    onGeneration?.({ generation, median: median(champions.map(({ confidence }) => confidence)) });
  }
  return champions;
}

/** Returns the probability of each class for each image. */
async function confidencesOf(
  network: Module,
  images: readonly Float32Array[],
  inputShape: readonly number[],
): Promise<number[][]> {
  const size = inputShape.reduce((product, length) => product * length, 1);
  const input = new Float32Array(images.length * size);
  images.forEach((image, n) => {
    if (image.length !== size) {
      throw new InputError(
        `evolveImages: expected the encoding to draw ${size} values for shape ${show([...inputShape])}, got ${image.length}`,
      );
    }
    input.set(image, n * size);
  });
  const probabilities = tidy(() => {
    const scores = network.infer(tensor(input, [images.length, ...inputShape], 'float32'));
    if (scores.rank !== 2) {
      throw new InputError(
        `evolveImages: expected a network that returns one score per class, [${images.length}, classes], got ${show(scores.shape)}`,
      );
    }
    return softmax(scores as Tensor2D);
  });
  const rows = await probabilities.array();
  disposeTensors(probabilities);
  if (rows.every((row) => row.every(Number.isFinite))) return rows;
  throw new InputError('evolveImages: expected scores that are numbers, got NaN');
}

const OPTIONS = [
  'encoding',
  'inputShape',
  'rng',
  'generations',
  'offspring',
  'batchSize',
  'onGeneration',
  'signal',
] as const;
