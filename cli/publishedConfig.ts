import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { InputError, show } from '../lib/errors.ts';
import { readText } from '../lib/files/readFile.ts';
import { isObject } from '../lib/isObject.ts';
import { parseJson } from '../lib/parseJson.ts';
import { checkSchema, integer, object, positive, record, text } from '../lib/schema.ts';
import { CHANNELS, PREPROCESSING_FACT, SIZE, type NetworkFacts } from './networkFacts.ts';

/**
 * Files beside published weights that say how pixels become inputs: timm's `config.json`, and
 * `preprocessor_config.json` of Hugging Face's transformers. A file may also have the form of
 * `preprocessing` in a network's file.
 *
 * Source: timm 1.0, `pretrained_cfg` and `resolve_data_config`; transformers 4, the options of
 *         `BaseImageProcessor`.
 */

const STDS = v.pipe(v.array(positive()), v.minLength(1, 'a number above 0 for each channel'));
const LABELS = v.exactOptional(v.union([v.array(text()), record(text())], 'names of classes'));

const TIMM = object({
  num_classes: v.exactOptional(v.nullable(integer(0, 1e5))),
  label_names: LABELS,
  pretrained_cfg: object({
    input_size: v.strictTuple([SIZE, SIZE, SIZE], 'three sizes: channels, height, width'),
    mean: CHANNELS,
    std: STDS,
    crop_pct: v.exactOptional(v.nullable(positive())),
    interpolation: v.exactOptional(v.picklist(['bilinear', 'bicubic', 'nearest'])),
    crop_mode: v.exactOptional(v.picklist(['center', 'squash'])),
  }),
});

const TRANSFORMERS = object({
  image_mean: CHANNELS,
  image_std: STDS,
  size: v.union(
    [
      SIZE,
      object({ shortest_edge: SIZE }),
      object({ height: SIZE, width: SIZE, shortest_edge: v.exactOptional(v.undefined_()) }),
    ],
    'a size, a shortest_edge, or a height and width',
  ),
  crop_size: v.exactOptional(v.union([SIZE, object({ height: SIZE, width: SIZE })], 'a size')),
  do_center_crop: v.exactOptional(v.boolean()),
  crop_pct: v.exactOptional(v.nullable(positive())),
  rescale_factor: v.exactOptional(positive()),
  do_rescale: v.exactOptional(v.boolean()),
  do_normalize: v.exactOptional(v.boolean()),
  // Pillow's numbers of the filters.
  resample: v.exactOptional(v.picklist([0, 2, 3], '0 (nearest), 2 (bilinear) or 3 (bicubic)')),
});

const FILTERS = { 0: 'nearest', 2: 'bilinear', 3: 'bicubic' } as const;

/**
 * Returns what the files beside published weights state about them; nothing if there are none.
 *
 * Errors: a file of either kind with an invalid entry.
 */
export async function configBeside(weights: string): Promise<NetworkFacts> {
  for (const name of ['config.json', 'preprocessor_config.json']) {
    const file = join(dirname(weights), name);
    if (!existsSync(file)) continue;
    const config = parseJson(file, await readText(file));
    const facts = timmFacts(file, config) ?? transformersFacts(file, config);
    if (facts !== undefined) return facts;
  }
  return {};
}

/**
 * Reads a file that the user names: one of the files above, or an object with the keys of
 * `preprocessing` in a network's file.
 *
 * Errors: a file that is neither.
 */
export async function readPixels(file: string): Promise<NetworkFacts> {
  const config = parseJson(file, await readText(file));
  return (
    timmFacts(file, config) ??
    transformersFacts(file, config) ?? {
      preprocessing: checkSchema(file, PREPROCESSING_FACT, config),
    }
  );
}

function timmFacts(file: string, config: unknown): NetworkFacts | undefined {
  if (!isObject(config) || !isObject(config.pretrained_cfg)) return undefined;
  const { num_classes, label_names, pretrained_cfg } = checkSchema(file, TIMM, config);
  const { input_size, mean, std, crop_pct, interpolation = 'bicubic', crop_mode } = pretrained_cfg;
  const [channels, height, width] = input_size;
  const labels = labelsOf(file, label_names);
  return {
    inputShape: [height, width, channels],
    ...(num_classes && { classes: num_classes }),
    ...(labels && { labels }),
    preprocessing: {
      ...(crop_mode !== 'squash' && {
        shorterSide: Math.floor(Math.min(height, width) / (crop_pct ?? 0.875)),
      }),
      interpolation,
      order: 'RGB',
      scale: 1 / 255,
      mean,
      std,
    },
  };
}

function transformersFacts(file: string, config: unknown): NetworkFacts | undefined {
  if (!isObject(config) || config.image_mean === undefined) return undefined;
  const read = checkSchema(file, TRANSFORMERS, config);
  const { image_mean, image_std, size, crop_size, rescale_factor, resample, crop_pct } = read;
  const edge = typeof size === 'number' ? size : size.shortest_edge;
  const whole = typeof size === 'object' && size.shortest_edge === undefined ? size : undefined;
  const isCropped = read.do_center_crop ?? crop_size !== undefined;
  const target = isCropped && crop_size !== undefined ? crop_size : (whole ?? edge ?? 224);
  const [height, width] =
    typeof target === 'number' ? [target, target] : [target.height, target.width];
  return {
    inputShape: [height, width, image_mean.length],
    preprocessing: {
      ...(edge !== undefined && { shorterSide: Math.floor(edge / (crop_pct ?? 1)) }),
      ...(resample !== undefined && { interpolation: FILTERS[resample] }),
      order: 'RGB',
      scale: read.do_rescale === false ? 1 : (rescale_factor ?? 1 / 255),
      mean: read.do_normalize === false ? image_mean.map(() => 0) : image_mean,
      std: read.do_normalize === false ? image_std.map(() => 1) : image_std,
    },
  };
}

/**
 * Returns the names of the classes as a list, if there are any. An object has the indices of the
 * classes as keys.
 */
function labelsOf(
  file: string,
  names: readonly string[] | Readonly<Record<string, string>> | undefined,
): readonly string[] | undefined {
  if (names === undefined) return undefined;
  const given = new Map(Object.entries(names));
  return Array.from(given, (_, i) => {
    const label = given.get(String(i));
    if (label !== undefined) return label;
    throw new InputError(
      `${file}: label_names: expected a name of class ${i}, got names of ${show([...given.keys()])}`,
    );
  });
}
