import { argMax, mean, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import { batches } from '../data/batches.ts';
import { preprocessingBoxes } from '../data/preprocessingSteps.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { batchFor } from '../report/unitPatches.ts';
import { changeImages, type AttackMethod } from './changeImages.ts';
import { testExamples } from './openedData.ts';
import { openParts, readTrained, type TrainedOptions } from './openSource.ts';
import { partsBar } from './progress.ts';
import { imagesFor, inputSteps, loadForData, preparedFor } from './weightsFile.ts';

/** The options of `boxprop transfer`. */
export interface TransferOptions extends TrainedOptions {
  /** The attack: fast gradient sign, or the closest image by L-BFGS. */
  readonly method: AttackMethod;
  /** The amount by which each pixel changes (sign). */
  readonly epsilon: number;
  /** The number of test images, from the first one. */
  readonly limit: number;
}

/** The images that were made for one network, and the networks that they deceive. */
export interface TransferRow {
  /** The index of the weights for which the images were made; null for the unchanged images. */
  readonly madeFor: number | null;
  /** The fraction of the images that each network misclassifies. */
  readonly errorRates: readonly number[];
  /** √(Σ (x'ᵢ − xᵢ)²/n) over the n values of an image, averaged over the images. */
  readonly distortion: number;
}

/** How well adversarial images transfer from each network to each other one. */
export interface Transfer {
  readonly weights: readonly string[];
  readonly images: number;
  readonly rows: readonly TransferRow[];
}

/**
 * Makes adversarial images for each of several networks, and measures which fraction of them each
 * network misclassifies. The attack changes the pixels, before the preprocessing of the network.
 * Without `--data`, the data of the first run among the words is used.
 *
 * Errors: those of the weights and the data; networks for other images or classes.
 * Source: Szegedy et al. 2013, arXiv:1312.6199, tables 1 to 4.
 */
export async function transferAttack(
  files: readonly string[],
  { method, epsilon, limit, ...options }: TransferOptions,
): Promise<Transfer> {
  const trained = await readTrained('transfer', files, options);
  const weights = trained.map((one) => one.weights);
  const [first] = weights;
  const run = trained.find((one) => one.run !== undefined)?.run;
  const images = { ...imagesFor(first), entry: first.entry, weights: first };
  const { train, test: apart = train } = await openParts(options, run, images);
  const test = testExamples({ train, test: apart });
  const networks: Module[] = [];
  const bar = partsBar('batch');
  try {
    for (const one of weights) {
      networks.push(
        new Sequential([
          ...preprocessingBoxes(inputSteps(one), test.inputShape),
          await loadForData(one, preparedFor(one, test)),
        ]),
      );
    }
    const count = Math.min(limit, test.length);
    const size = Math.min(...networks.map((network) => batchFor(network, test.inputShape)));
    const parts = Array.from(batches(count, size));
    const unchanged = emptyTally(files);
    const tallies = files.map(() => emptyTally(files));
    let done = 0;
    for (const indices of parts) {
      for (const [k, network] of networks.entries()) {
        // The search for the closest image has a progress bar of its own.
        if (method === 'sign') bar.show(done++, parts.length * networks.length);
        const batch = await test.batch(indices);
        const { before, after, labels } = await changeImages(
          network,
          batch,
          { method, epsilon, examples: Array.from(indices) },
          test.classes,
        );
        tallies[k].distortion += await distortions(before, after);
        for (const [j, judge] of networks.entries()) {
          tallies[k].errors[j] += await errorsOf(judge, after, labels);
          if (k === 0) unchanged.errors[j] += await errorsOf(judge, before, labels);
        }
        disposeTensors([before, after]);
      }
    }
    const row = ({ errors, distortion }: Tally, madeFor: number | null): TransferRow => ({
      madeFor,
      errorRates: errors.map((wrong) => wrong / count),
      distortion: distortion / count,
    });
    const rows = [row(unchanged, null), ...tallies.map(row)];
    return { weights: files, images: count, rows };
  } finally {
    bar.hide();
    networks.forEach((network) => network.dispose());
  }
}

/** The sums over the images that were made for a network. */
interface Tally {
  /** The number of images that each network misclassifies. */
  readonly errors: number[];
  distortion: number;
}

function emptyTally(files: readonly string[]): Tally {
  return { errors: files.map(() => 0), distortion: 0 };
}

/** Returns the number of images that a network misclassifies. */
async function errorsOf(
  network: Module,
  images: Tensor,
  labels: readonly number[],
): Promise<number> {
  const predicted = tidy(() => argMax(network.infer(images), 1));
  const classes = await predicted.data();
  disposeTensors(predicted);
  return labels.filter((label, n) => label !== classes[n]).length;
}

/** Returns the sum of √(Σ (x'ᵢ − xᵢ)²/n) over the images of a batch. */
async function distortions(before: Tensor, after: Tensor): Promise<number> {
  const each = tidy(() => {
    const axes = before.shape.slice(1).map((_, axis) => axis + 1);
    return sqrt(mean(square(sub(after, before)), axes));
  });
  const values = Array.from(await each.data());
  disposeTensors(each);
  return values.reduce((sum, value) => sum + value, 0);
}

/** Formats the error rates as a table, one column per network. */
export function formatTransfer({ weights, images, rows }: Transfer): string {
  const table = new Table({
    head: ['images made for', ...weights.map((_, k) => `error of ${k + 1}, %`), 'distortion'],
    colAligns: ['left', ...weights.map(() => 'right' as const), 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { madeFor, errorRates, distortion } of rows) {
    const name = madeFor === null ? '(unchanged)' : `${madeFor + 1}`;
    const percentages = errorRates.map((rate) => (100 * rate).toFixed(1));
    table.push([name, ...percentages, distortion.toFixed(3)]);
  }
  const names = weights.map((file, k) => `${k + 1}  ${file}`);
  return [`${images} images`, ...names, table.toString()].join('\n');
}
