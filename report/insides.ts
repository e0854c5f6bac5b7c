import {
  abs,
  cast,
  greater,
  max,
  min,
  mul,
  slice,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { LogSoftmax } from '../modules/logSoftmax.ts';
import { Softmax } from '../modules/softmax.ts';
import type { Dataset } from '../data/dataset.ts';
import { nameOf } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { propagate, type AnyModule } from '../lib/propagate.ts';
import { isPointwise } from '../inspect/summary/describe.ts';
import { passesOn, summarize } from '../inspect/summary/summarize.ts';
import { hiddenUnits, type HiddenUnits } from './hiddenUnits.ts';
import { channelsOf, picturesOf, wrapped, type Picture } from './pictures.ts';

/** What a box makes of the chosen inputs. */
export interface FeatureMaps {
  readonly label: string;
  /** [height, width, channels], or the number of units. */
  readonly shape: readonly number[];
  /** For each input a picture a channel, at most sixteen; or one of all units, in rows. */
  readonly maps: readonly (readonly Picture[])[];
}

/** What is to be seen in a network while it answers. */
export interface Insides {
  readonly inputs: readonly { readonly record: number; readonly picture: Picture }[];
  readonly featureMaps: readonly FeatureMaps[];
  /** Of each box that makes hidden units, in the order of the forward. */
  readonly hidden: readonly HiddenUnits[];
}

const [SAMPLES, INPUTS, CHANNELS] = [100, 3, 16];

/** Bytes of activations at a time. */
const MEMORY = 2 ** 29;

/** What a box gave. */
interface Seen {
  readonly box: AnyModule;
  readonly label: string;
  readonly output: Tensor;
}

/**
 * Looks into a network while it answers the first records of a dataset, at most 100. A hidden unit of a convolution is
 * a channel in the middle of the image; it ignores the input if the channel does so everywhere.
 *
 * @param chosen the records whose feature maps are shown.
 */
export async function insides(
  network: Module,
  data: Dataset,
  chosen?: readonly number[],
): Promise<Insides> {
  const { total } = summarize(network, data.inputShape);
  const samples = Math.min(
    SAMPLES,
    data.length,
    Math.max(8, Math.floor(MEMORY / total.activationBytes)),
  );
  const first = Array.from({ length: samples }, (_, record) => record);
  const shown = chosen ?? (await firstOfClasses(data, first));
  const { input, labels } = await data.batch(Int32Array.from([...shown, ...first]));
  const seen = run(network, input);
  const featureMaps: FeatureMaps[] = [];
  const hidden: HiddenUnits[] = [];
  // Where no box is known to make hidden units, the last that gives a vector and not the scores.
  const known = seen.filter(({ box }) => makesUnits(box));
  const hiding =
    known.length > 0
      ? known
      : seen
          .slice(0, -1)
          .filter(({ output }) => output.rank === 2)
          .slice(-1);
  for (const one of seen) {
    if (one.output.rank !== 4 && one.output.rank !== 2) continue;
    if (!passesOn(one.box)) featureMaps.push(await mapsOf(one, shown.length));
    if (hiding.includes(one)) hidden.push(await unitsOf(one, shown.length, samples));
  }
  const pictures = picturesOf(await input.data(), data.inputShape).slice(0, shown.length);
  disposeTensors([input, labels, seen.map(({ output }) => output)]);
  return {
    inputs: pictures.map((picture, k) => ({ record: shown[k], picture })),
    featureMaps,
    hidden,
  };
}

/** The first records of the first classes. */
async function firstOfClasses(data: Dataset, records: readonly number[]): Promise<number[]> {
  const batch = await data.batch(Int32Array.from(records));
  const labels = Array.from(await batch.labels.data());
  disposeTensors(batch);
  return records.filter((_, k) => labels.indexOf(labels[k]) === k).slice(0, INPUTS);
}

/** The outputs of all boxes, in the order of the forward. */
function run(network: Module, input: Tensor): Seen[] {
  const seen: Seen[] = [];
  tidy(() => {
    propagate<Tensor>(network, [input], (box, inputs, path) => {
      const output = box.infer(box.arity === 'list' ? inputs : inputs[0]) as Tensor;
      seen.push({ box, label: labelOf(box, path), output });
      return output;
    });
    return seen.map(({ output }) => output);
  });
  return seen;
}

/** `ReLU 6`, `Conv2D stage1.0.body.conv1`. */
export function labelOf(box: AnyModule, path: string): string {
  return path === '' ? nameOf(box) : `${nameOf(box)} ${path}`;
}

function makesUnits(box: AnyModule): boolean {
  return isPointwise(box) && !(box instanceof Softmax || box instanceof LogSoftmax);
}

async function mapsOf({ label, output }: Seen, inputs: number): Promise<FeatureMaps> {
  const shape = output.shape.slice(1);
  const part = tidy(() =>
    output.rank === 4
      ? slice(output, [0, 0, 0, 0], [inputs, shape[0], shape[1], Math.min(CHANNELS, shape[2])])
      : slice(output, [0, 0], [inputs, shape[0]]),
  );
  const values = await part.data();
  disposeTensors(part);
  const size = values.length / inputs;
  const maps = Array.from({ length: inputs }, (_, k) => {
    const own = values.slice(k * size, (k + 1) * size);
    return output.rank === 4 ? channelsOf(own, part.shape.slice(1)) : [wrapped(own)];
  });
  return { label, shape, maps };
}

/** The hidden units of a box, for the samples that stand after the inputs. */
async function unitsOf(
  { label, output }: Seen,
  inputs: number,
  samples: number,
): Promise<HiddenUnits> {
  const axes = output.shape.slice(1, -1).map((_, axis) => axis + 1);
  const found = tidy(() => {
    const middle = output.shape.slice(1, -1).map((size) => Math.floor(size / 2));
    const own = slice(output, [inputs, ...axes.map(() => 0), 0]);
    const spread = sub(max(own, [0, ...axes]), min(own, [0, ...axes]));
    const answering = greater(spread, mul(max(abs(own)), scalar(1e-6)));
    return {
      values: slice(output, [inputs, ...middle, 0], [samples, ...axes.map(() => 1), -1]),
      answering: sum(cast(answering, 'float32')),
    };
  });
  const [values, [answering]] = [await found.values.data(), await found.answering.data()];
  disposeTensors(found);
  const units = output.shape[output.rank - 1];
  return hiddenUnits(label, Float32Array.from(values), samples, units - answering);
}
