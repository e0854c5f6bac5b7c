import type { Dataset } from '../data/dataset.ts';
import { InputError, show } from '../lib/errors.ts';
import { occludePatches } from '../inspect/occludePatches.ts';
import { topPatches } from '../inspect/topPatches.ts';
import { Trace } from '../inspect/trace.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import type { Module } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';
import { page } from '../report/html.ts';
import { labelOf } from '../report/insides.ts';
import { stacked } from '../report/pictures.ts';
import {
  batchFor,
  captionOf,
  patchesPicture,
  weighted,
  type BoxPatches,
} from '../report/unitPatches.ts';
import { unitsSection, unitsText } from '../report/unitsSection.ts';
import { openData, type DataOptions } from './openData.ts';
import { reportNotes, testExamples } from './openedData.ts';
import { partsBar } from './progress.ts';
import { imagesFor, loadForData, preparedFor, readClassWeights } from './weightsFile.ts';

/** The default number of units. */
const UNITS = 16;

/** The options of `boxprop units`. */
export interface UnitsOptions extends DataOptions {
  /** The path of the box; by default the first one with a weight matrix or kernel. */
  readonly box?: string;
  /** The channels of the box's output; by default the first 16. */
  readonly units?: readonly number[];
  /** The number of patches per unit. */
  readonly count: number;
  /** The largest number of patches per image. */
  readonly perImage: number;
  /** The number of test examples that are searched; by default all. */
  readonly limit?: number;
  /** The network for the weights; by default the network that the weights file names. */
  readonly network?: string;
  /** The rule by which a response goes back to the pixels. */
  readonly rule: ProjectionRule;
  /** Whether the responses while parts of the patches are hidden are shown as well. */
  readonly occlusion?: boolean;
  /** The path of the HTML or PNG file that is written. */
  readonly out: string;
}

/**
 * Writes the image patches to which units respond most. They are taken from the test images after
 * preprocessing.
 *
 * Errors: those of the weights and the data; a box or unit that does not exist; data without
 *         images.
 * @returns one line per unit.
 */
export async function showUnits(file: string, options: UnitsOptions): Promise<string[]> {
  const weights = await readClassWeights(file, options.network);
  const opened = await openData({ ...options, ...imagesFor(weights) }, weights.table);
  reportNotes(opened);
  const test = testExamples(opened);
  const data = preparedFor(weights, test);
  const network = await loadForData(weights, data);
  try {
    const found = await findPatches(network, data, options);
    const title = `${weights.name}, ${found.label}, on ${data.name}`;
    const png = /\.png$/i.test(options.out);
    await writeFileAtomic(options.out, png ? drawPatches(found) : unitsPage(title, found));
    return found.units.map((one) => {
      const examples = one.patches.map(({ example: record }) => record).join(', ');
      return `${captionOf(one)}; examples ${examples}`;
    });
  } finally {
    network.dispose();
  }
}

async function findPatches(
  network: Module,
  data: Dataset,
  options: UnitsOptions,
): Promise<BoxPatches> {
  const path = options.box ?? weighted(network, data.inputShape).at(0)?.path;
  if (path === undefined) {
    throw new InputError('--box: expected the path of a box, because no box has weights, got none');
  }
  const { outputShape, box } = traceOf(network, path, data.inputShape);
  const all = outputShape[outputShape.length - 1];
  const missing = options.units?.find((unit) => unit >= all);
  if (missing !== undefined) {
    throw new InputError(`--units: expected units of ${path} from 0 to ${all - 1}, got ${missing}`);
  }
  if (data.inputShape.length !== 3) {
    throw new InputError(
      `units: expected images, got examples of shape ${show([...data.inputShape])}`,
    );
  }
  const units = options.units ?? Array.from({ length: Math.min(UNITS, all) }, (_, unit) => unit);
  const { count, perImage: perRecord, limit: records, rule, occlusion = false } = options;
  const batchSize = batchFor(network, data.inputShape);
  const label = labelOf(box, path);
  const [imagesBar, patchesBar] = ['image', 'patch'].map(partsBar);
  try {
    const patches = await topPatches(network, data, {
      box: path,
      units,
      count,
      perExample: perRecord,
      batchSize,
      rule,
      onExamples: (done, all) => imagesBar.show(done, all),
      ...(records !== undefined && { examples: records }),
    });
    imagesBar.hide();
    if (!occlusion) return { label, units: patches, rule };
    const maps = await occludePatches(network, data, {
      box: path,
      units: patches,
      batchSize,
      onPatch: (done, all) => patchesBar.show(done, all),
    });
    const shown = patches.map((one, k) => ({ ...one, occlusions: maps[k] }));
    return { label, units: shown, rule };
  } finally {
    imagesBar.hide();
    patchesBar.hide();
  }
}

function traceOf(network: Module, path: string, inputShape: readonly number[]): Trace {
  try {
    return new Trace(network, path, inputShape);
  } catch (error) {
    if (!(error instanceof InputError) || !error.message.startsWith('expected box ')) throw error;
    throw new InputError(error.message.replace('expected box to be', '--box: expected'));
  }
}

function drawPatches({ units }: BoxPatches): Uint8Array {
  const pictures = units.flatMap((one) => patchesPicture(one) ?? []);
  if (pictures.length === 0) throw new InputError('units: expected a finite response, got none');
  return stacked(pictures);
}

function unitsPage(title: string, found: BoxPatches): string {
  return page(
    title,
    `<p>${unitsText(
      found.rule,
      found.units.some(({ occlusions }) => occlusions),
    )}</p>
${unitsSection([found])}`,
  );
}
