import {
  concat,
  softmax,
  split as cut,
  tensor1d,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { Sequential } from '../modules/container/sequential.ts';
import type { Dataset } from '../data/dataset.ts';
import { preprocessingBoxes } from '../data/preprocessingSteps.ts';
import { InputError, show } from '../lib/errors.ts';
import { closestAdversarial } from '../inspect/closestAdversarial.ts';
import { fastGradientSign } from '../inspect/fastGradientSign.ts';
import { imagine } from '../inspect/imagine.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { tiles, type Picture } from '../report/pictures.ts';
import { Rng } from '../lib/rng.ts';
import { openData, type DataOptions } from './openData.ts';
import { reportNotes, testExamples } from './openedData.ts';
import { searchBar } from './progress.ts';
import {
  imagesFor,
  inputSteps,
  loadForData,
  preparedFor,
  readClassWeights,
} from './weightsFile.ts';

/** The options of `boxprop fool`. */
export interface FoolOptions extends Omit<DataOptions, 'labels'> {
  /** The network for the weights; by default the network that the weights file names. */
  readonly network?: string;
  /**
   * The attack: `sign` is fast gradient sign, `closest` is L-BFGS, and `imagine` starts from noise.
   */
  readonly method: 'sign' | 'closest' | 'imagine';
  /** The amount by which each pixel changes (sign). */
  readonly epsilon: number;
  /** The indices of the test examples (sign, closest). */
  readonly examples: readonly number[];
  /** The class that the network should predict (closest, imagine). */
  readonly target?: number;
  /** The seed of the noise (imagine). */
  readonly seed: number;
  /** The path of the PNG file that is written. */
  readonly out: string;
}

/**
 * Makes adversarial images and writes them to a PNG file. The attack changes the images before
 * their preprocessing, which is treated as part of the network.
 *
 * Errors: those of the weights and the data; a target or an example that does not exist; images
 *         that cannot be drawn.
 * @returns one line per image.
 */
export async function fool(file: string, options: FoolOptions): Promise<string[]> {
  const { method, target, examples, out } = options;
  const weights = await readClassWeights(file, options.network);
  const preprocessing = inputSteps(weights);
  const opened = await openData({ ...options, ...imagesFor(weights) }, weights.table);
  reportNotes(opened);
  const test = testExamples(opened);
  if (target !== undefined && target >= test.classes) {
    throw new InputError(`--target: expected a class from 0 to ${test.classes - 1}, got ${target}`);
  }
  const trained = await loadForData(weights, preparedFor(weights, test));
  const network: Module = new Sequential([
    ...preprocessingBoxes(preprocessing, test.inputShape),
    trained,
  ]);
  const rng = new Rng(options.seed);
  const wanted =
    target === undefined ? Array.from({ length: test.classes }, (_, k) => k) : [target];
  const missing = examples.find((index) => index >= test.length);
  if (missing !== undefined) {
    throw new InputError(
      `--examples: expected indices from 0 to ${test.length - 1}, got ${missing}`,
    );
  }
  const { before, after, labels } =
    method === 'imagine'
      ? {
          before: undefined,
          labels: wanted,
          after: imagineImages(network, wanted, test.inputShape, rng),
        }
      : await changeImages(
          network,
          await test.batch(Int32Array.from(examples)),
          options,
          test.classes,
        );
  const indices = method === 'imagine' ? undefined : examples;
  const lines = await describeImages(network, test, labels, before, after, indices);
  await writeFileAtomic(out, await drawImages(before, after));
  disposeTensors([before, after]);
  network.dispose();
  return lines;
}

function imagineImages(
  network: Module,
  classes: readonly number[],
  inputShape: readonly number[],
  rng: Rng,
): Tensor {
  const labels = tensor1d([...classes], 'int32');
  const images = imagine(network, { labels, inputShape, rng });
  disposeTensors(labels);
  return images;
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
  {
    method,
    epsilon,
    target,
    examples,
  }: Pick<FoolOptions, 'method' | 'epsilon' | 'target' | 'examples'>,
  classes: number,
) {
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

/**
 * Formats one line per image, with the prediction after the attack and, if there is one, the
 * prediction before it.
 */
async function describeImages(
  network: Module,
  { classNames }: Dataset,
  labels: readonly number[],
  before: Tensor | undefined,
  after: Tensor,
  examples: readonly number[] | undefined,
): Promise<string[]> {
  const [then, now] = [before && (await predict(network, before)), await predict(network, after)];
  const [a, b] = [before && (await before.data()), await after.data()];
  const size = b.length / labels.length;
  const name = (k: number) => classNames?.[k] ?? String(k);
  return labels.map((label, k) => {
    const { prediction, probability } = now[k];
    const sure = `${name(prediction)} with ${(100 * probability).toFixed(1)} %`;
    if (then === undefined || a === undefined || examples === undefined)
      return `class ${name(label)}: predicted ${sure}`;
    let moved = 0;
    for (let i = k * size; i < (k + 1) * size; i++) moved += (b[i] - a[i]) ** 2;
    return `example ${examples[k]}, label ${name(label)}: predicted ${name(then[k].prediction)}, now ${sure}; moved by ${Math.sqrt(moved).toFixed(3)}`;
  });
}

async function predict(
  network: Module,
  images: Tensor,
): Promise<{ prediction: number; probability: number }[]> {
  const scores = network.infer(images, { mode: 'inference' }) as Tensor2D;
  const probabilities = softmax(scores);
  const rows = await probabilities.array();
  disposeTensors([scores, probabilities]);
  return rows.map((row) => {
    const probability = Math.max(...row);
    return { prediction: row.indexOf(probability), probability };
  });
}

/** Draws three rows: the images, the changed images, and the changes. Grey means no change. */
async function drawImages(before: Tensor | undefined, after: Tensor): Promise<Uint8Array> {
  const [count, height, width, channels] = after.shape;
  if (after.rank !== 4 || (channels !== 1 && channels !== 3)) {
    throw new InputError(
      `fool: expected images of one or three channels to draw, got ${show(after.shape.slice(1))}`,
    );
  }
  const b = await after.data();
  const a = before && (await before.data());
  const size = height * width * channels;
  const pictures = (values: Float32Array | Int32Array | Uint8Array): Picture[] =>
    Array.from({ length: count }, (_, k) => ({
      height,
      width,
      channels,
      values: values.slice(k * size, (k + 1) * size),
    }));
  if (a === undefined) return tiles(pictures(b), 5, [0, 1]).png;
  const changes = Float32Array.from(b, (v, i) => 0.5 + 0.5 * (v - a[i]));
  return tiles([...pictures(a), ...pictures(b), ...pictures(changes)], count, [0, 1]).png;
}
