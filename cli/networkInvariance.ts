import type { Dataset } from '../data/dataset.ts';
import { effectiveField } from '../inspect/effectiveField.ts';
import { invariance } from '../inspect/invariance.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import type { Module } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import { factsOf } from '../lib/shapes.ts';
import { labelOf } from '../report/insides.ts';
import { invariancePage, type BoxField, type InvarianceData } from '../report/invariancePage.ts';
import { batchFor } from '../report/unitPatches.ts';
import { testExamples } from './openedData.ts';
import { openSources, type TrainedOptions } from './openSource.ts';
import { partsBar } from './progress.ts';

/** The largest number of boxes whose receptive fields are drawn, and the examples for them. */
const [FIELDS, FIELD_EXAMPLES] = [12, 50];

/** The options of `boxprop invariance`. */
export interface InvarianceOptions extends TrainedOptions {
  /** The number of test examples. */
  readonly limit: number;
  /** The path of the HTML page that is written. */
  readonly out: string;
}

/** The invariance of the boxes of a network, and the receptive fields of some of them. */
export type NetworkInvariance = Pick<InvarianceData, 'examples' | 'boxes' | 'fields'>;

/**
 * Measures how the outputs of a network's boxes change while the test images are shifted, rotated
 * and scaled after their preprocessing, and writes a page with curves and receptive fields.
 *
 * Errors: those of `openSources`; data without images.
 */
export async function networkInvariance(
  word: string,
  options: InvarianceOptions,
): Promise<NetworkInvariance> {
  const [source] = await openSources('invariance', [word], { ...options, seed: 0 });
  const { network, train, test = train } = source;
  const data = testExamples({ train, test });
  const [batchesBar, fieldsBar] = ['transformed batch', 'receptive field'].map(partsBar);
  try {
    const examples = Math.min(options.limit, data.length);
    // The outputs of the images stay in memory while those of the transformed images are computed.
    const batchSize = Math.max(1, Math.floor(batchFor(network, data.inputShape) / 2));
    const boxes = await invariance(network, data, {
      examples,
      batchSize,
      onBatch: (done, all) => batchesBar.show(done, all),
    });
    batchesBar.hide();
    const fields = await boxFields(network, data, {
      batchSize,
      onField: (done, all) => fieldsBar.show(done, all),
    });
    const found = { examples, boxes, fields };
    const title = `Invariance of ${word}, on ${data.name}`;
    await writeFileAtomic(options.out, invariancePage({ title, ...found }));
    return found;
  } finally {
    batchesBar.hide();
    fieldsBar.hide();
    network.dispose();
  }
}

interface FieldsOptions {
  readonly batchSize: number;
  readonly onField: (done: number, all: number) => void;
}

/** Computes the receptive fields of boxes with windows, evenly chosen if there are many. */
async function boxFields(
  network: Module,
  data: Dataset,
  { batchSize, onField }: FieldsOptions,
): Promise<BoxField[]> {
  const windowed = new Map<string, string>();
  propagate<readonly number[]>(network, [[1, ...data.inputShape]], (box, shapes, path) => {
    const { window, outputShape } = factsOf(box, shapes);
    const slides = typeof window === 'object' && outputShape.length === 4;
    if (slides && box.arity === 'tensor') windowed.set(path, labelOf(box, path));
    return outputShape;
  });
  const all = [...windowed];
  const count = Math.min(FIELDS, all.length);
  const chosen = Array.from({ length: count }, (_, k) =>
    Math.round((k * (all.length - 1)) / Math.max(1, count - 1)),
  );
  const fields: BoxField[] = [];
  for (const k of chosen) {
    const [path, label] = all[k];
    const options = { box: path, examples: FIELD_EXAMPLES, batchSize };
    fields.push({ label, field: await effectiveField(network, data, options) });
    onField(fields.length, count);
  }
  return fields;
}
