import { Sequential } from '../modules/container/sequential.ts';
import { preprocessingBoxes } from '../data/preprocessingSteps.ts';
import { InputError, show } from '../lib/errors.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { foolPage, foolPicture } from '../report/foolPage.ts';
import { changeImages, type AttackMethod } from './changeImages.ts';
import { describeFooled, fooledImages } from './fooledImages.ts';
import { makeImages, type MakeMethod } from './makeImages.ts';
import { openData, type DataOptions } from './openData.ts';
import { reportNotes, testExamples } from './openedData.ts';
import {
  imagesFor,
  inputSteps,
  loadForData,
  preparedFor,
  readClassWeights,
} from './weightsFile.ts';

/** The methods of `boxprop fool`: attacks on images, and images from noise. */
export type FoolMethod = AttackMethod | MakeMethod;

/** The options of `boxprop fool`. */
export interface FoolOptions extends Omit<DataOptions, 'labels'> {
  /** The network for the weights; by default the network that the weights file names. */
  readonly network?: string;
  /** How the images are changed or made. */
  readonly method: FoolMethod;
  /** The amount by which each pixel changes (sign). */
  readonly epsilon: number;
  /** The indices of the test examples (sign, closest). */
  readonly examples: readonly number[];
  /** The class that the network should predict (all but sign). */
  readonly target?: number;
  /** The seed of the noise (imagine, direct, cppn). */
  readonly seed: number;
  /** The number of generations (direct, cppn). */
  readonly generations: number;
  /** The number of images per generation (direct, cppn). */
  readonly offspring: number;
  /** The path of the PNG file or the HTML page that is written. */
  readonly out: string;
  /** The path of the JSON file, if there is one. */
  readonly json?: string;
}

/**
 * Makes images that deceive a network, and writes them to a PNG file or a page, and what the
 * network predicts to a JSON file. The images are those before their preprocessing, which is
 * treated as part of the network.
 *
 * Errors: those of the weights and the data; a target or an example that does not exist; images
 *         that cannot be drawn.
 * @returns one line per image.
 */
export async function fool(file: string, options: FoolOptions): Promise<string[]> {
  const { method, target, examples } = options;
  const weights = await readClassWeights(file, options.network);
  const preprocessing = inputSteps(weights);
  const opened = await openData({ ...options, ...imagesFor(weights) }, weights.table);
  reportNotes(opened);
  const test = testExamples(opened);
  if (target !== undefined && target >= test.classes) {
    throw new InputError(`--target: expected a class from 0 to ${test.classes - 1}, got ${target}`);
  }
  const missing = examples.find((index) => index >= test.length);
  if (missing !== undefined) {
    throw new InputError(
      `--examples: expected indices from 0 to ${test.length - 1}, got ${missing}`,
    );
  }
  requireDrawable(test.inputShape);
  const trained = await loadForData(weights, preparedFor(weights, test));
  const network: Module = new Sequential([
    ...preprocessingBoxes(preprocessing, test.inputShape),
    trained,
  ]);
  try {
    const made =
      method === 'sign' || method === 'closest'
        ? {
            ...(await changeImages(
              network,
              await test.batch(Int32Array.from(examples)),
              { ...options, method },
              test.classes,
            )),
            examples,
          }
        : await makeImages(network, test, { ...options, method });
    const images = await fooledImages(network, test, made);
    disposeTensors([made.before, made.after]);
    const lines = images.map(describeFooled);
    const title = `${method}: images that deceive ${weights.name}`;
    const drawn = images.map((image, k) => ({ ...image, caption: lines[k] }));
    const isPage = /\.html$/i.test(options.out);
    await writeFileAtomic(options.out, isPage ? foolPage(title, drawn) : foolPicture(drawn));
    if (options.json !== undefined) {
      const found = images.map(({ before: _before, after: _after, ...rest }) => rest);
      const { seed, generations, offspring, epsilon } = options;
      const isEvolved = method === 'direct' || method === 'cppn';
      const settings = {
        ...(method === 'sign' && { epsilon }),
        ...((isEvolved || method === 'imagine') && { seed }),
        ...(isEvolved && { generations, offspring }),
      };
      const json = JSON.stringify({ network: weights.name, method, ...settings, images: found });
      await writeFileAtomic(options.json, `${json}\n`);
    }
    return lines;
  } finally {
    network.dispose();
  }
}

/** Throws unless the images can be drawn, before any work is done. */
function requireDrawable(inputShape: readonly number[]): void {
  const channels = inputShape.at(-1);
  if (inputShape.length === 3 && (channels === 1 || channels === 3)) return;
  throw new InputError(
    `fool: expected images of one or three channels to draw, got ${show([...inputShape])}`,
  );
}
