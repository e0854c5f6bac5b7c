import { readFile } from 'node:fs/promises';
import { softmax, Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { useBackend, type BackendName } from '../lib/backend/useBackend.ts';
import type { ImageShape } from '../models/options.ts';
import type { Dataset } from '../data/dataset.ts';
import { loadImage, type PixelImage } from '../data/image.ts';
import { prepared } from '../data/preparation.ts';
import {
  preprocess,
  PREPROCESSINGS,
  type Preprocessing,
  type PreprocessingName,
} from '../data/preprocess.ts';
import { InputError, show } from '../lib/errors.ts';
import { withSafetensors } from '../formats/safetensors/safetensorsFile.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { TORCHVISION_NETWORKS } from '../models/torchvision/layout.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule } from '../lib/propagate.ts';
import { imageShapeOf } from './networks.ts';
import { openNetwork, withWeights } from './openNetwork.ts';
import { logBackend } from './options.ts';
import {
  architectureOfFile,
  networkOf,
  preparationsOfFile,
  trainedOnOfFile,
} from './weightsFile.ts';

export interface ClassifyOptions {
  readonly weights?: string;
  readonly network?: string;
  readonly labels?: string;
  readonly preprocess?: string;
  readonly backend?: BackendName | 'auto';
}

export interface Guess {
  readonly class: number;
  readonly label: string;
  readonly probability: number;
}

const BEST = 5;

/**
 * The classes that a network finds most probable, at most five, the best first. The image is prepared as the inputs were
 * that the weights were trained on.
 *
 * Errors: those of the image and of the weights; weights whose network cannot be told; labels that are not one a class.
 */
export async function classifyImage(image: string, options: ClassifyOptions): Promise<Guess[]> {
  const { weights, backend = 'auto' } = options;
  if (weights === undefined)
    throw new InputError('--weights: expected a safetensors file, got none');
  const picture = await loadImage(image);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const name = await networkOf(weights, options.network);
  const entry = await openNetwork(name, await architectureOfFile(weights));
  const trainedOn = await trainedOnOfFile(weights);
  if (trainedOn?.pixels === false && options.preprocess === undefined) {
    throw new InputError(
      `${weights}: expected weights trained on images, got ones trained on numbers: --preprocess says what pixels become`,
    );
  }
  const classes = trainedOn?.classes ?? labels?.length ?? entry.classes;
  if (labels !== undefined && labels.length !== classes) {
    throw new InputError(
      `${options.labels}: expected ${classes} labels, one a class, got ${labels.length}`,
    );
  }
  const names = labels ?? trainedOn?.classNames;
  const preparations = await preparationsOfFile(weights);
  await useBackend(backend, { log: logBackend });
  const metadata = await withSafetensors(weights, (opened) => Promise.resolve(opened.metadata));
  const recipe =
    PREPROCESSINGS[preprocessingOf(options.preprocess ?? metadata.get('preprocess'), name)];
  const seen = prepared(
    asDataset(picture, trainedOn?.inputShape ?? entry.inputShape, recipe),
    preparations,
  );
  const loaded = await withWeights(entry, name, weights, imageShapeOf(seen), classes);
  const network: AnyModule = loaded.network;
  const { input, labels: none } = await seen.batch(Int32Array.of(0));
  const probabilities = tidy(() => {
    const scores = network.infer(input);
    const [first] = scores instanceof Tensor ? [scores] : (scores as Tensor[]);
    return softmax(first);
  });
  const values = await probabilities.data();
  disposeTensors([input, none, probabilities]);
  network.dispose();
  return Array.from(values, (probability, i) => ({
    class: i,
    label: names?.[i] ?? `class ${i}`,
    probability,
  }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, BEST);
}

/** A picture as the one record of a dataset, for what is done to all inputs of a network. */
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

/** What was asked for; else what the weights of such a network are trained on. */
function preprocessingOf(asked: string | undefined, network: string): PreprocessingName {
  if (asked !== undefined) {
    const known = (Object.keys(PREPROCESSINGS) as PreprocessingName[]).find(
      (name) => name === asked,
    );
    if (known !== undefined) return known;
    const names = Object.keys(PREPROCESSINGS).join(', ');
    throw new InputError(`--preprocess: expected one of ${names}, got ${show(asked)}`);
  }
  if (network === 'torchvision-googlenet') return 'inception';
  if (TORCHVISION_NETWORKS.includes(network)) return 'torchvision';
  return ['alexnet', 'googlenet'].includes(network) ? 'caffe' : 'unit';
}

/** A line a class; or JSON: a list of names, or an object from class numbers to names or to lists that end with one. */
async function readLabels(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  });
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
