import { resizeForShape } from '../data/preprocess.ts';
import { preprocessingWords, type PreprocessingStep } from '../data/preprocessingSteps.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import { headOf } from '../models/headOf.ts';
import { loadTrainedNetwork } from '../models/loadTrainedNetwork.ts';
import type { RunOptions } from './trainOptions.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { isImageFolder } from './openImages.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import { imageShapeOf } from './resolveNetwork.ts';
import { checkTable } from './trainingTable.ts';
import type { DataEnds } from './runParts.ts';
import { listNames } from './describeData.ts';
import { openTargets, type OpenTargetsOptions } from './openTargets.ts';
import type { Targets } from './targets.ts';
import {
  classNamesOf,
  imageShapeFor,
  inputSteps,
  readWeightsFile,
  stepsOf,
  type WeightsFile,
} from './weightsFile.ts';

/**
 * Returns the options of a run that starts with the weights of a file, for those that the user does
 * not name: the network and its architecture, the preprocessing that the weights expect, and for
 * images in folders the size of the images that they expect.
 *
 * Errors: those of `readWeightsFile`; a table in which a target of the weights would be an input.
 * @param given the data, the targets and the shape that the user names.
 */
export async function pretrainedOptions(
  from: string,
  network: string | undefined,
  given: Pick<RunOptions, 'data' | 'shape' | 'target' | 'loss' | 'header'>,
): Promise<Pick<RunOptions, 'network' | 'architecture' | 'preprocess' | 'shape'>> {
  const remedy = `first: boxprop train NETWORK --from ${from}`;
  const weights = await readWeightsFile(from, network, remedy);
  await checkInputColumns(weights, given);
  const { name, architecture } = weights;
  const stated = imageShapeFor(weights);
  const { data, shape = stated } = given;
  const hasImages = data !== undefined && (await isImageFolder(data));
  const words = wordsFor(inputSteps(weights), { hasImages, stated, shape });
  return {
    network: name,
    ...(Object.keys(architecture).length > 0 && { architecture }),
    ...(words.length > 0 && { preprocess: words }),
    ...(hasImages && { shape: stated }),
  };
}

/**
 * Throws if a column that the weights predict would become an input, because `--target` does not
 * name it.
 */
async function checkInputColumns(
  { file, table, targets }: WeightsFile,
  given: OpenTargetsOptions,
): Promise<void> {
  const { target } = given;
  if (table === undefined || targets === undefined || target === undefined) return;
  if (targets.names.every((name) => target.includes(name))) return;
  const { columns = [] } = await openTargets(given);
  const extra = targets.names.find((name) => columns.includes(name));
  if (extra === undefined) return;
  throw new InputError(
    `--target: expected ${listNames(targets.names)}, the targets of ${file}, got ${listNames(target)}, which makes ${show(extra)} an input`,
  );
}

/**
 * Returns the options that the file of a network states, for those that the user does not name: the
 * preprocessing, the loss of targets, and for images in folders their size.
 *
 * Errors: a preprocessing that no step makes.
 */
export async function statedOptions(
  file: string,
  { stated = {}, preprocessing: pixels, loss, inputShape }: ResolvedNetwork,
  { data, target, shape = inputShape }: Pick<RunOptions, 'data' | 'target' | 'shape'>,
): Promise<Pick<RunOptions, 'preprocess' | 'shape' | 'loss'>> {
  const hasImages = data !== undefined && (await isImageFolder(data));
  const steps = pixels && stepsOf(pixels, inputShape[2]);
  const words =
    pixels && steps
      ? wordsFor(inputSteps({ file, pixels, preprocessing: steps }), {
          hasImages,
          stated: inputShape,
          shape,
        })
      : [];
  return {
    ...(words.length > 0 && { preprocess: words }),
    ...(hasImages && stated.inputShape && { shape: stated.inputShape }),
    ...(target !== undefined && loss && { loss }),
  };
}

/** Returns the words of `--preprocess` for steps. Only images in folders can be resized. */
function wordsFor(
  steps: readonly PreprocessingStep[],
  {
    hasImages,
    stated,
    shape,
  }: { hasImages: boolean; stated: readonly number[]; shape: readonly number[] },
): string[] {
  return preprocessingWords(
    steps.flatMap((step): PreprocessingStep[] => {
      if (!('resize' in step)) return [step];
      return hasImages ? [{ resize: resizeForShape(step.resize, stated, shape) }] : [];
    }),
  );
}

/** A network that starts with the weights of a file. */
export interface Pretrained {
  readonly network: Module;
  /** Lines for the user: what was loaded, and what starts anew. */
  readonly notes: readonly string[];
}

/**
 * Builds a network for a dataset with the weights of a file. If the file has another number of
 * classes, or other classes, the parameters that depend on their number start anew.
 *
 * Errors: weights that do not fit the network apart from its head; weights without a parameter
 *         that fits.
 * @param rng draws the parameters that start anew.
 */
export async function loadPretrained(
  from: string,
  { network, entry }: { readonly network: string; readonly entry: ResolvedNetwork },
  data: DataEnds & { readonly targets?: Targets | undefined },
  rng: Rng,
): Promise<Pretrained> {
  const weights = await readWeightsFile(from, network);
  const { header, name, trainingData, table, entry: stored } = weights;
  const { torchName: rename } = entry;
  const { classes, classNames, columns } = data;
  if (columns !== undefined) checkTable(from, table, trainingData?.pixels ?? false, columns);
  const inputShape = imageShapeOf(data);
  if (isOnnxFile(from)) {
    // The network and its weights are in the same file, so building it loads them.
    const built = await entry.build({ rng, inputShape, classes });
    const isNew = stored.classes > 0 && stored.classes !== classes;
    const what = isNew ? `, with a new head for ${classes} classes, not ${stored.classes}` : '';
    return { network: built, notes: [`${from}: its weights are loaded${what}`] };
  }
  const given = { header, name, inputShape, ...(rename && { rename }) };
  const head = await headOf({
    ...given,
    build: (options) => entry.build({ rng, inputShape, ...options }),
  });
  const before = trainingData?.classes ?? head.classes;
  const names = classNamesOf(weights);
  const isSame =
    before === classes &&
    isSameTask(weights.targets, data.targets) &&
    (names === undefined || classNames === undefined || show(names) === show(classNames));
  const fresh = isSame ? [] : head.names;
  const { network: built } = await loadTrainedNetwork(from, {
    ...given,
    except: fresh,
    build: () => entry.build({ rng, inputShape, classes }),
  });
  const loaded = Object.keys({ ...built.params, ...built.buffers }).length - fresh.length;
  if (loaded === 0) {
    built.dispose();
    throw new InputError(`--from: expected weights of more than the head, got none in ${from}`);
  }
  const what = data.targets === undefined ? 'classes' : 'targets';
  const why = before === classes ? `for other ${what}` : `for ${classes} ${what}, not ${before}`;
  const kept = `${from}: ${loaded} tensors are loaded`;
  return {
    network: built,
    notes: [fresh.length === 0 ? kept : `${kept}; new, ${why}: ${fresh.join(', ')}`],
  };
}

/** Returns whether the outputs of a network mean the same for both targets, in the same units. */
function isSameTask(before: Targets | undefined, now: Targets | undefined): boolean {
  const [a, b] = [before, now].map((targets) => targets && show({ ...targets, loss: '' }));
  return a === b;
}
