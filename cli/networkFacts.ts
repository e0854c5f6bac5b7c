import * as v from 'valibot';
import type { Preprocessing } from '../data/preprocess.ts';
import { InputError, show } from '../lib/errors.ts';
import { checkSchema, integer, number, object, text } from '../lib/schema.ts';
import type { Rename } from '../formats/torch/torchLayout.ts';
import type { ImageShape } from '../models/options.ts';
import { LOSSES, type LossName } from './lossNames.ts';

/**
 * A network's file may export these facts beside `network`. The commands then need no options for
 * them:
 *
 *     export const inputShape = [64, 48, 3];
 *     export const labels = ['cat', 'dog', 'owl'];
 *     export const preprocessing = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
 *     export const torchName = (path: string) => `features.${path}`;
 */
export interface NetworkFacts {
  /** The height, width and channels of an image; [28, 28, 1] by default. */
  readonly inputShape?: ImageShape;
  /** The number of classes; by default the number of labels, or 10. */
  readonly classes?: number;
  /** The names of the classes. */
  readonly labels?: readonly string[];
  /** How the pixels of an image become an input. */
  readonly preprocessing?: Preprocessing;
  /** The loss of a network for targets other than one label per example; see `--loss`. */
  readonly loss?: LossName;
  /** The label of pixels that are not counted. */
  readonly ignoreIndex?: number;
  /** Maps the path of a box to its name in a weights file of PyTorch; see `torchLayout`. */
  readonly torchName?: Rename;
}

/** The schema of a height, a width, or a number of channels. */
export const SIZE = integer(1, 1e5);
/** The schema of a number for each channel. */
export const CHANNELS = v.pipe(v.array(number()), v.minLength(1, 'a number for each channel'));

/** The schema of `preprocessing`. The order is RGB and the scale is 1/255 by default. */
export const PREPROCESSING_FACT = v.strictObject(
  {
    shorterSide: v.exactOptional(SIZE),
    interpolation: v.exactOptional(v.picklist(['bilinear', 'bicubic', 'nearest'])),
    order: v.optional(v.picklist(['RGB', 'BGR']), 'RGB'),
    scale: v.optional(number(), 1 / 255),
    mean: CHANNELS,
    std: CHANNELS,
  },
  'one of shorterSide, interpolation, order, scale, mean and std',
);

const FACTS = v.pipe(
  object({
    inputShape: v.exactOptional(
      v.strictTuple([SIZE, SIZE, SIZE], 'three sizes: height, width, channels'),
    ),
    classes: v.exactOptional(SIZE),
    labels: v.exactOptional(v.array(text())),
    preprocessing: v.exactOptional(PREPROCESSING_FACT),
    loss: v.exactOptional(v.picklist(LOSSES, `one of ${LOSSES.join(', ')}`)),
    ignoreIndex: v.exactOptional(integer(0, 255)),
  }),
  v.check(
    ({ classes, labels }) => (classes ?? labels?.length) === (labels?.length ?? classes),
    ({ input }) => `as many labels as the ${input.classes} classes`,
  ),
);

const NAMES = ['inputShape', 'classes', 'labels', 'preprocessing', 'loss', 'ignoreIndex'];

/**
 * Checks the exports of a network's file. Other exports are the file's own matter.
 *
 * Errors: a fact that is not of its kind. The message names the file and the export.
 */
export function networkFacts(
  file: string,
  exported: Readonly<Record<string, unknown>>,
): NetworkFacts {
  const given = Object.entries(exported).filter(([name]) => NAMES.includes(name));
  const facts = checkSchema(file, FACTS, Object.fromEntries(given));
  const { torchName } = exported;
  if (torchName !== undefined && !isRename(torchName))
    throw new InputError(
      `${file}: torchName: expected a function from a path to a name, got ${show(torchName)}`,
    );
  const { labels, classes = labels?.length } = facts;
  return { ...facts, ...(classes !== undefined && { classes }), ...(torchName && { torchName }) };
}

function isRename(value: unknown): value is Rename {
  return typeof value === 'function';
}
