import { concat, tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { cppnEncoding } from '../inspect/evolve/cppnEncoding.ts';
import { directEncoding } from '../inspect/evolve/directEncoding.ts';
import type { ImageEncoding } from '../inspect/evolve/encoding.ts';
import { evolveImages } from '../inspect/evolve/evolveImages.ts';
import { imagine } from '../inspect/imagine.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { batchFor } from '../report/unitPatches.ts';
import { partsBar } from './progress.ts';

/**
 * How images are made from noise: `imagine` by the gradient, `direct` by evolution of the pixels,
 * and `cppn` by evolution of patterns.
 */
export type MakeMethod = 'imagine' | 'direct' | 'cppn';

/** The options of `makeImages`. */
export interface MakeOptions {
  readonly method: MakeMethod;
  /** The class that is shown; by default all. */
  readonly target?: number;
  readonly seed: number;
  readonly generations: number;
  readonly offspring: number;
}

/** The images that were made. The caller disposes the tensor. */
export interface MadeImages {
  readonly before: undefined;
  readonly after: Tensor;
  /** The class of each image. */
  readonly labels: readonly number[];
  /** The generation in which each image appeared, if it was evolved. */
  readonly generations?: readonly number[];
}

/**
 * Makes one image per class, or that of one class, in which the network recognizes the class. The
 * network sees only as many images at once as there is memory for.
 */
export async function makeImages(
  network: Module,
  { classes, inputShape }: Pick<Dataset, 'classes' | 'inputShape'>,
  options: MakeOptions,
): Promise<MadeImages> {
  const { method, target, seed, generations, offspring } = options;
  const wanted = target === undefined ? Array.from({ length: classes }, (_, k) => k) : [target];
  const batchSize = batchFor(network, inputShape);
  const common = { network, inputShape, wanted, batchSize, rng: new Rng(seed) };
  if (method === 'imagine') return imagined(common);
  const counts = { generations, offspring };
  return method === 'direct'
    ? evolved({ ...common, ...counts, encoding: directEncoding(inputShape) })
    : evolved({ ...common, ...counts, encoding: cppnEncoding(inputShape) });
}

interface Common {
  readonly network: Module;
  readonly inputShape: readonly number[];
  readonly wanted: readonly number[];
  readonly batchSize: number;
  readonly rng: Rng;
}

interface Evolution<Genome> extends Pick<MakeOptions, 'generations' | 'offspring'> {
  readonly encoding: ImageEncoding<Genome>;
}

async function imagined({ network, inputShape, wanted, batchSize, rng }: Common) {
  const bar = partsBar('class');
  const parts: Tensor[] = [];
  try {
    for (let start = 0; start < wanted.length; start += batchSize) {
      bar.show(start, wanted.length);
      const labels = tensor1d(wanted.slice(start, start + batchSize), 'int32');
      parts.push(imagine(network, { labels, inputShape, rng }));
      disposeTensors(labels);
      await yieldToEventLoop();
    }
    return { before: undefined, after: concat(parts), labels: wanted };
  } finally {
    bar.hide();
    disposeTensors(parts);
  }
}

async function evolved<Genome>({
  network,
  inputShape,
  wanted,
  batchSize,
  rng,
  encoding,
  generations,
  offspring,
}: Common & Evolution<Genome>): Promise<MadeImages> {
  const bar = partsBar('generation');
  try {
    const champions = await evolveImages(network, {
      encoding,
      inputShape,
      rng,
      generations,
      offspring,
      batchSize,
      onGeneration: ({ generation }) => bar.show(generation, generations),
    });
    const shown = wanted.map((k) => champions[k]);
    const size = inputShape.reduce((product, length) => product * length, 1);
    const pixels = new Float32Array(shown.length * size);
    shown.forEach(({ genome }, n) => pixels.set(encoding.draw(genome), n * size));
    return {
      before: undefined,
      after: tensor(pixels, [shown.length, ...inputShape], 'float32'),
      labels: wanted,
      generations: shown.map(({ generation }) => generation),
    };
  } finally {
    bar.hide();
  }
}
