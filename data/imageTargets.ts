import { join, parse } from 'node:path';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { labelImage } from './labelImage.ts';
import { imagesIn } from './listImages.ts';
import type { ImageResize } from './preprocess.ts';
import { readImages } from './readImages.ts';
import { ArrayTargetDataset, type TargetInfo } from './targets.ts';

/** The options of `loadImageTargets`. */
export interface ImageTargetsOptions {
  /** The name of the folder of the target images. */
  readonly targetFolder: string;
  /**
   * The meaning of a pixel of a target image: a label, a yes or no, or numbers, which are from 0 to
   * 1.
   */
  readonly kind: TargetInfo['kind'];
  /** The number of classes of labels; by default one more than the largest label. */
  readonly classes?: number;
  /** The label of pixels that are not counted. */
  readonly ignoreIndex?: number;
  /** The channels of target images of numbers, 1 or 3; by default those of the inputs. */
  readonly channels?: number;
  /**
   * The shape of the inputs, to which the images and their targets are resized. By default, all
   * must have the size of the first image.
   */
  readonly inputShape?: readonly number[];
  /** How images and targets are resized to `inputShape`; see `loadImageFolder`. */
  readonly resize?: ImageResize;
}

/** The images of a folder and their target images. */
export interface ImageTargets {
  /**
   * The examples. A target has the shape `[height, width]` for labels, and otherwise
   * `[height, width, channels]`.
   */
  readonly dataset: ArrayTargetDataset;
  /** Lines about the entries that were skipped. */
  readonly notes: readonly string[];
}

/**
 * Reads a dataset whose targets are images: `images/cat.jpg` with `masks/cat.png`. An image and its
 * target have the same name, apart from its extension, and are resized to the same height and
 * width: labels by `nearest`, so that no new ones arise, and the others as `loadImageFolder` does.
 *
 * Labels are the grey values of a PNG file, or the numbers of its palette's colours. Answers are
 * grey values, of which 255 is a yes; a folder of values 0 and 1 is read as it is. Numbers are
 * colours or grey values, divided by 255.
 *
 * Errors: a missing folder; an image without a target, or the reverse; two images of one name;
 *         labels that are not classes; those of `loadImageFolder` about images.
 *
 *     const { dataset } = await loadImageTargets('cells/train', {
 *       targetFolder: 'masks', kind: 'labels', inputShape: [64, 64, 3] });
 *     dataset.target; // { kind: 'labels', shape: [64, 64], classes: 2 }
 */
export async function loadImageTargets(
  directory: string,
  options: ImageTargetsOptions,
): Promise<ImageTargets> {
  checkOptions('loadImageTargets', options, [
    'targetFolder',
    'kind',
    'classes',
    'ignoreIndex',
    'channels',
    'inputShape',
    'resize',
  ]);
  const { targetFolder, kind, ignoreIndex, inputShape: shape, resize = {} } = options;
  const images = await imagesIn(directory, 'images');
  const targets = await imagesIn(directory, targetFolder);
  const pairs = paired(directory, images.files, targets.files, targetFolder);
  const inputs = await readImages(directory, [...pairs.keys()], { shape, resize });
  const [height, width, own] = inputs.inputShape;
  const channels = { labels: 1, answers: 1, numbers: options.channels ?? own }[kind];
  const { inputs: values } = await readImages(directory, [...pairs.values()], {
    shape: [height, width, channels],
    ...(kind === 'labels'
      ? { resize: { ...resize, interpolation: 'nearest' }, change: labelImage }
      : { resize }),
  });
  const isBinary = kind === 'answers' && values.every((value) => value <= 1);
  const scale = isBinary ? 1 : 1 / 255;
  const classes = options.classes ?? 1 + largest(values, ignoreIndex);
  const target: TargetInfo =
    kind === 'labels'
      ? { kind, shape: [height, width], classes, ...(ignoreIndex !== undefined && { ignoreIndex }) }
      : { kind, shape: [height, width, channels] };
  if (kind === 'labels') checkLabels([...pairs.values()], values, { classes, ignoreIndex });
  const dataset = new ArrayTargetDataset({
    name: directory,
    ...inputs,
    targets: kind === 'labels' ? values : Float32Array.from(values, (value) => value * scale),
    target,
  });
  return { dataset, notes: [...images.notes, ...targets.notes] };
}

/** Returns the path of each image with that of its target. */
function paired(
  directory: string,
  images: readonly string[],
  targets: readonly string[],
  folder: string,
): Map<string, string> {
  const named = (files: readonly string[]) => {
    const byName = new Map<string, string>();
    for (const file of files) {
      const { name } = parse(file);
      const other = byName.get(name);
      if (other !== undefined) {
        throw new InputError(
          `${directory}: expected one image of each name, got ${show(other)} and ${show(file)}`,
        );
      }
      byName.set(name, file);
    }
    return byName;
  };
  const [own, others] = [named(images), named(targets)];
  for (const [name, file] of [...own, ...others]) {
    const missing = own.has(name) ? (others.has(name) ? undefined : folder) : 'images';
    if (missing === undefined) continue;
    throw new InputError(
      `${directory}: expected an image of the name ${show(name)} in ${show(missing)} for ${show(file)}, got none`,
    );
  }
  const path = (file: string) => join(directory, file);
  return new Map([...own].map(([name, file]) => [path(file), path(others.get(name) ?? '')]));
}

function largest(labels: Uint8Array, ignoreIndex: number | undefined): number {
  return labels.reduce((most, label) => (label === ignoreIndex ? most : Math.max(most, label)), 0);
}

/** Throws if a label is not a class. The message names the file. */
function checkLabels(
  files: readonly string[],
  labels: Uint8Array,
  { classes, ignoreIndex }: { classes: number; ignoreIndex: number | undefined },
): void {
  const wrong = labels.findIndex((label) => label >= classes && label !== ignoreIndex);
  if (wrong < 0) return;
  const file = files[Math.floor(wrong / (labels.length / files.length))];
  const hint =
    labels[wrong] === 255 ? ': ignoreIndex of the network file says that 255 is not counted' : '';
  throw new InputError(
    `${file}: expected labels from 0 to ${classes - 1}, got ${labels[wrong]}${hint}`,
  );
}
