import { softmax, Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { useBackend, type BackendName } from '../lib/backend/useBackend.ts';
import { InputError, show } from '../lib/errors.ts';
import { readText } from '../lib/files/readFile.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import type { ImageShape } from '../models/options.ts';
import type { Dataset } from '../data/dataset.ts';
import { loadImage, type PixelImage } from '../data/image.ts';
import { applyPreprocessing } from '../data/preprocessingSteps.ts';
import { preprocess, PREPROCESSINGS, type Preprocessing } from '../data/preprocess.ts';
import { foldBatchNorm } from '../inspect/foldBatchNorm.ts';
import { logBackend } from './process.ts';
import type { NetworkFacts } from './networkFacts.ts';
import { readPixels } from './publishedConfig.ts';
import { classesOf, classNamesOf, loadForData, readClassWeights } from './weightsFile.ts';

/** The options of `boxprop classify`. */
export interface ClassifyOptions {
  /** The weights file; required. */
  readonly weights?: string;
  /** The network for the weights; by default the network that the weights file names. */
  readonly network?: string;
  /** A file with the names of the classes. */
  readonly labels?: string;
  /**
   * The conversion of pixels to inputs, which is one of `PREPROCESSINGS` or a file such as timm's
   * `config.json`; by default the conversion that the weights need.
   */
  readonly pixels?: string;
  /** The backend that computes. */
  readonly backend?: BackendName | 'auto';
}

/** A class that the network finds probable. */
export interface Guess {
  /** The index of the class. */
  readonly class: number;
  /** The name of the class, or `class 7`. */
  readonly label: string;
  /** The probability of the class, the softmax of its score. */
  readonly probability: number;
}

const BEST = 5;

/**
 * Classifies an image. It is preprocessed in the same way as the images on which the weights were
 * trained.
 *
 * Errors: those of the image and of the weights; weights without a known network; labels that do
 *         not match the classes.
 * @returns the most probable classes, at most five, most probable first.
 */
export async function classifyImage(image: string, options: ClassifyOptions): Promise<Guess[]> {
  const { backend = 'auto' } = options;
  if (options.weights === undefined)
    throw new InputError('--weights: expected a file of weights, got none');
  const picture = await loadImage(image);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const weights = await readClassWeights(options.weights, options.network);
  const { file, entry, trainingData, preprocessing } = weights;
  if (trainingData?.pixels === false && options.pixels === undefined) {
    throw new InputError(
      `${file}: expected weights trained on images, got weights trained on other data: ` +
        `--pixels says how pixels become inputs`,
    );
  }
  const asked = options.pixels === undefined ? {} : await pixelsOf(options.pixels);
  const { inputShape } = trainingData ?? { ...entry, ...asked };
  const recipe = asked.preprocessing ?? weights.pixels;
  // For other weights, the number of classes follows from their head. Building the head needs a
  // backend, so the labels are checked later.
  if (trainingData !== undefined) checkLabels(options.labels, labels, trainingData.classes);
  await useBackend(backend, { log: logBackend });
  const classes = await classesOf(weights, labels?.length);
  checkLabels(options.labels, labels, classes);
  const stated = classNamesOf(weights);
  const names = labels ?? (stated?.length === classes ? stated : undefined);
  // For published weights, `preprocessing` was made from their recipe for pixels, which `asDataset`
  // applies. So it is not applied again.
  const steps = weights.isTrained ? preprocessing : [];
  const seen = applyPreprocessing(asDataset(picture, inputShape, recipe), steps);
  const network: AnyModule = await loadForData(weights, { ...seen, classes });
  const { input, labels: none } = await seen.batch(Int32Array.of(0));
  const { network: folded, dispose } = foldBatchNorm(network);
  const probabilities = tidy(() => {
    const scores = folded.infer(input);
    const [first] = scores instanceof Tensor ? [scores] : (scores as Tensor[]);
    return softmax(first);
  });
  const values = await probabilities.data();
  disposeTensors([input, none, probabilities]);
  dispose();
  network.dispose();
  const bad = values.findIndex((probability) => !Number.isFinite(probability));
  if (bad >= 0) {
    const got = `${values[bad]} for class ${bad}: the weights, though finite, overflow on it`;
    throw new InputError(`${file}: expected finite probabilities for ${image}, got ${got}`);
  }
  return Array.from(values, (probability, i) => ({
    class: i,
    label: names?.[i] ?? `class ${i}`,
    probability,
  }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, BEST);
}

function checkLabels(
  file: string | undefined,
  labels: readonly string[] | undefined,
  classes: number,
): void {
  if (labels === undefined || labels.length === classes) return;
  throw new InputError(`${file}: expected ${classes} labels, one per class, got ${labels.length}`);
}

/**
 * Makes a dataset whose only example is the picture, so that it is preprocessed in the same way as
 * a dataset.
 */
function asDataset(picture: PixelImage, inputShape: ImageShape, recipe: Preprocessing): Dataset {
  return {
    name: 'image',
    length: 1,
    classes: 1,
    inputShape,
    batch: () => ({
      input: preprocess(picture, inputShape, recipe),
      labels: tensor1d([0], 'int32'),
    }),
  };
}

/**
 * Returns the conversion of pixels that the user has chosen: a name, or a file such as timm's
 * `config.json`, which may state the shape of the input too.
 */
async function pixelsOf(asked: string): Promise<NetworkFacts> {
  const known = Object.entries(PREPROCESSINGS).find(([name]) => name === asked);
  if (known !== undefined) return { preprocessing: known[1] };
  if (asked.endsWith('.json')) return readPixels(asked);
  const names = Object.keys(PREPROCESSINGS).join(', ');
  throw new InputError(
    `--pixels: expected one of ${names}, or a file such as config.json, got ${show(asked)}`,
  );
}

/**
 * Reads the names of the classes. The file has one name per line, or it is JSON: a list of names,
 * or an object whose keys are class indices. The values of the object are names, or lists that end
 * with a name, as in torchvision.
 */
async function readLabels(file: string): Promise<string[]> {
  const text = await readText(file);
  const labels = /^\s*[[{]/.test(text) ? jsonLabels(text, file) : text.trimEnd().split(/\r?\n/);
  if (labels.length < 2)
    throw new InputError(`${file}: expected two labels or more, got ${labels.length}`);
  return labels.map((label) => label.trim());
}

function jsonLabels(text: string, file: string): string[] {
  const fail = () =>
    new InputError(
      `${file}: expected JSON, a list of labels or an object from 0, 1, ... to labels`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail();
  }
  const entries: unknown[] = Array.isArray(value)
    ? value
    : Object.keys(value as object).map((_, i) => (value as Record<string, unknown>)[i]);
  return entries.map((entry) => {
    const label: unknown = Array.isArray(entry) ? entry[entry.length - 1] : entry;
    if (typeof label !== 'string') throw fail();
    return label;
  });
}
