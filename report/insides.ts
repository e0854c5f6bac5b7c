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
import type { Dataset } from '../data/dataset.ts';
import { nameOf } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import type { Facts } from '../lib/facts.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule, Module } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import { inferBox } from '../lib/runBox.ts';
import { factsOf } from '../lib/shapes.ts';
import { summarize } from '../inspect/summary/summarize.ts';
import { hiddenUnits, type HiddenUnits } from './hiddenUnits.ts';
import { channelsOf, picturesOf, wrapped, type Picture } from './pictures.ts';

/** The outputs of a box for the chosen examples. */
export interface FeatureMaps {
  /** The name of the box. */
  readonly label: string;
  /** [height, width, channels], or [units]. */
  readonly shape: readonly number[];
  /**
   * For each example, one picture for each of the first sixteen channels. If the output is a
   * vector, there is one picture of all units.
   */
  readonly maps: readonly (readonly Picture[])[];
}

/** The outputs inside a network. */
export interface Insides {
  /** The chosen examples. */
  readonly inputs: readonly { readonly example: number; readonly picture: Picture }[];
  /** The feature maps of each box for the chosen examples. */
  readonly featureMaps: readonly FeatureMaps[];
  /** The hidden units of each nonlinear box, in the order of the forward pass. */
  readonly hidden: readonly HiddenUnits[];
}

const [EXAMPLES, CHOSEN, CHANNELS] = [100, 3, 16];

/**
 * The limit for the activations of a forward pass, in bytes. At least 8 examples are used even if
 * they exceed it.
 */
const MEMORY = 2 ** 29;

/** The output of a box. */
interface Seen {
  readonly box: AnyModule;
  readonly label: string;
  readonly output: Tensor;
  readonly window: Facts['window'];
}

/**
 * Collects the outputs inside a network for the first examples of a dataset, at most 100. For a
 * convolution, a hidden unit is the output of a channel in the middle of the image. It counts as
 * dead (it does not depend on the input) only if every position of the channel has the same output
 * for all examples.
 *
 * @param chosen the indices of the examples whose feature maps are shown.
 */
export async function insides(
  network: Module,
  data: Dataset,
  chosen?: readonly number[],
): Promise<Insides> {
  const examples = examplesWithin(network, data);
  const first = Array.from({ length: examples }, (_, index) => index);
  const shown = chosen ?? (await firstOfClasses(data, first));
  const { input, labels } = await data.batch(Int32Array.from([...shown, ...first]));
  const seen = run(network, input);
  const featureMaps: FeatureMaps[] = [];
  const hidden: HiddenUnits[] = [];
  const hiding = hidingUnits(seen);
  for (const one of seen) {
    if (one.output.rank !== 4 && one.output.rank !== 2) continue;
    if (one.window !== 'identity') featureMaps.push(await mapsOf(one, shown.length));
    if (hiding.includes(one)) hidden.push(await unitsOf(one, shown.length, examples));
  }
  const pictures = picturesOf(await input.data(), data.inputShape).slice(0, shown.length);
  disposeTensors([input, labels, seen.map(({ output }) => output)]);
  return {
    inputs: pictures.map((picture, k) => ({ example: shown[k], picture })),
    featureMaps,
    hidden,
  };
}

/**
 * Returns the hidden units of each nonlinear box for the first examples of a dataset, as `insides`
 * does.
 */
export async function hiddenOf(network: Module, data: Dataset): Promise<HiddenUnits[]> {
  const examples = examplesWithin(network, data);
  const { input, labels } = await data.batch(
    Int32Array.from({ length: examples }, (_, index) => index),
  );
  const seen = run(network, input);
  const hidden: HiddenUnits[] = [];
  for (const one of hidingUnits(seen)) hidden.push(await unitsOf(one, 0, examples));
  disposeTensors([input, labels, seen.map(({ output }) => output)]);
  return hidden;
}

/** Returns the number of examples whose activations fit into the limit. */
function examplesWithin(network: Module, { length, inputShape }: Dataset): number {
  const { total } = summarize(network, inputShape);
  return Math.min(EXAMPLES, length, Math.max(8, Math.floor(MEMORY / total.activationBytes)));
}

/**
 * Returns the outputs that are hidden units: those of the nonlinear boxes. If there is no nonlinear
 * box, the last vector before the scores is taken.
 */
function hidingUnits(seen: readonly Seen[]): readonly Seen[] {
  const nonlinear = seen.filter(
    ({ box, window }) => window === 'elementwise' && isNonlinearity(box),
  );
  const vectors = seen.slice(0, -1).filter(({ output }) => output.rank === 2);
  const hiding = nonlinear.length > 0 ? nonlinear : vectors.slice(-1);
  return hiding.filter(({ output }) => output.rank === 4 || output.rank === 2);
}

/** Returns the first example of each class, for up to three classes. */
async function firstOfClasses(data: Dataset, indices: readonly number[]): Promise<number[]> {
  const batch = await data.batch(Int32Array.from(indices));
  const labels = Array.from(await batch.labels.data());
  disposeTensors(batch);
  return indices.filter((_, k) => labels.indexOf(labels[k]) === k).slice(0, CHOSEN);
}

/** Runs the network and returns the outputs of all boxes, in the order of the forward pass. */
function run(network: Module, input: Tensor): Seen[] {
  const seen: Seen[] = [];
  tidy(() => {
    propagate<Tensor>(network, [input], (box, inputs, path) => {
      const output = inferBox(box, inputs);
      const { window } = factsOf(
        box,
        inputs.map(({ shape }) => shape),
      );
      seen.push({ box, label: labelOf(box, path), output, window });
      return output;
    });
    return seen.map(({ output }) => output);
  });
  return seen;
}

/** Formats the name of a box: `ReLU 6`, `Conv2D stage1.0.body.conv1`. */
export function labelOf(box: AnyModule, path: string): string {
  return path === '' ? nameOf(box) : `${nameOf(box)} ${path}`;
}

/**
 * Returns whether the outputs of an elementwise box are hidden units. The outputs of merging boxes
 * are not, and neither are those of BatchNorm, the only elementwise box with buffers.
 */
function isNonlinearity({ arity, buffers }: AnyModule): boolean {
  return arity !== 'list' && Object.keys(buffers).length === 0;
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

/**
 * Judges the hidden units of a box. The batch begins with the `chosen` examples for the feature
 * maps; only the `examples` after them are used here.
 */
async function unitsOf(
  { label, output }: Seen,
  chosen: number,
  examples: number,
): Promise<HiddenUnits> {
  const axes = output.shape.slice(1, -1).map((_, axis) => axis + 1);
  const found = tidy(() => {
    const middle = output.shape.slice(1, -1).map((size) => Math.floor(size / 2));
    const own = slice(output, [chosen, ...axes.map(() => 0), 0]);
    const spread = sub(max(own, [0, ...axes]), min(own, [0, ...axes]));
    const alive = greater(spread, mul(max(abs(own)), scalar(1e-6)));
    return {
      values: slice(output, [chosen, ...middle, 0], [examples, ...axes.map(() => 1), -1]),
      alive: sum(cast(alive, 'float32')),
    };
  });
  const [values, [alive]] = [await found.values.data(), await found.alive.data()];
  disposeTensors(found);
  const units = output.shape[output.rank - 1];
  return hiddenUnits(label, Float32Array.from(values), examples, units - alive);
}
