import { slice, softmax, type Tensor } from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { subset } from '../data/split.ts';
import { release, tidy } from '../memory.ts';
import type { LogLine } from '../io/runLog.ts';
import type { Module } from '../module.ts';
import { placeAt, propagate, type AnyBox } from '../propagate.ts';
import { evaluate, type Evaluation } from '../train/evaluate.ts';
import { hiddenUnits, type HiddenUnits } from './hiddenUnits.ts';
import type { Picture } from './pictures.ts';

/** A record that the network takes for something else. */
export interface WrongExample {
  readonly picture: Picture;
  readonly label: number;
  readonly answer: number;
  /** Of the answer. */
  readonly probability: number;
}

/** What a box makes of one image, a picture a channel. */
export interface FeatureMaps {
  readonly place: string;
  readonly maps: readonly Picture[];
}

/** All that a report shows. */
export interface ReportData {
  readonly title: string;
  readonly classes: number;
  readonly log: readonly LogLine[];
  readonly evaluation: Evaluation;
  /** Of the first box with kernels, in its output channels, sorted by size. */
  readonly filters: readonly Picture[];
  readonly input?: Picture;
  readonly featureMaps: readonly FeatureMaps[];
  readonly wrong: readonly WrongExample[];
  readonly hidden?: HiddenUnits;
}

/** Gathers what a report shows of a network, on at most 2000 records of a dataset of images. */
export async function collectReport(
  title: string,
  log: readonly LogLine[],
  network: Module,
  data: Dataset,
): Promise<ReportData> {
  const first = subset(
    data,
    Array.from({ length: Math.min(2000, data.length) }, (_, record) => record),
  );
  const evaluation = await evaluate(network, first, 250);
  const { featureMaps, hidden, input } = await seen(network, first);
  const wrong = await wrongest(network, first);
  const filters = await firstFilters(network);
  return {
    ...{ title, classes: data.classes, log, evaluation, filters, featureMaps, wrong },
    ...(input && { input }),
    ...(hidden && { hidden }),
  };
}

async function firstFilters(network: Module): Promise<Picture[]> {
  const kernels = Object.values(network.params).find(({ rank }) => rank === 4);
  if (kernels === undefined) return [];
  const [height, width, inputs, outputs] = kernels.shape as [number, number, number, number];
  const values = await kernels.data();
  const channels = inputs === 3 ? 3 : 1;
  const of = (output: number): Picture => {
    const at = (pixel: number, c: number) => values[(pixel * inputs + c) * outputs + output];
    const picture = Float32Array.from({ length: height * width * channels }, (_, i) =>
      at(Math.floor(i / channels), i % channels),
    );
    return { height, width, channels, values: picture };
  };
  const size = (picture: Picture) => Array.from(picture.values).reduce((sum, value) => sum + value ** 2, 0);
  return Array.from({ length: outputs }, (_, output) => of(output)).sort((a, b) => size(b) - size(a));
}

/** The feature maps of the first record, and the last hidden units' answers to 100. */
async function seen(network: Module, data: Dataset) {
  const records = Int32Array.from({ length: Math.min(100, data.length) }, (_, record) => record);
  const batch = await data.batch(records);
  const outputs: { place: string; tensor: Tensor }[] = [];
  tidy(() => {
    propagate<Tensor>(network, [batch.input], (box, inputs, path) => {
      const tensor = run(box, inputs);
      outputs.push({ place: placeAt(network, path, box), tensor });
      return tensor;
    });
    return outputs.map(({ tensor }) => tensor);
  });
  const featureMaps: FeatureMaps[] = [];
  for (const { place, tensor } of outputs.filter(({ tensor }) => tensor.rank === 4)) {
    const one = tidy(() => slice(tensor, 0, 1));
    featureMaps.push({ place, maps: channelsOf(await one.data(), one.shape.slice(1)).slice(0, 32) });
    release(one);
  }
  const vectors = outputs.filter(({ tensor }) => tensor.rank === 2).slice(0, -1);
  const last = vectors.at(-1);
  const hidden = last && hiddenUnits(last.place, Float32Array.from(await last.tensor.data()), records.length);
  const [input] = picturesOf(await batch.input.data(), data.inputShape);
  release([batch, outputs.map(({ tensor }) => tensor)]);
  return { featureMaps, hidden, input };
}

async function wrongest(network: Module, data: Dataset): Promise<WrongExample[]> {
  const found: WrongExample[] = [];
  for (let start = 0; start < data.length; start += 250) {
    const records = Int32Array.from({ length: Math.min(250, data.length - start) }, (_, i) => start + i);
    const batch = await data.batch(records);
    const probabilities: Tensor = tidy(() => softmax(network.infer(batch.input)));
    const [values, labels] = [await probabilities.data(), await batch.labels.data()];
    const pictures = picturesOf(await batch.input.data(), data.inputShape);
    release([batch, probabilities]);
    labels.forEach((label, n) => {
      const row = Array.from(values.slice(n * data.classes, (n + 1) * data.classes));
      const answer = row.indexOf(Math.max(...row));
      const picture = pictures[n] as Picture | undefined;
      if (answer === label || answer < 0 || picture === undefined) return;
      found.push({ picture, label, answer, probability: row[answer] });
    });
  }
  return found.sort((a, b) => b.probability - a.probability).slice(0, 12);
}

function run(box: AnyBox, inputs: readonly Tensor[]): Tensor {
  return box.infer(box.takes === 'list' ? inputs : inputs[0]) as Tensor;
}

/** The images of a batch; none if its records are no images. */
function picturesOf(values: ArrayLike<number>, shape: readonly number[]): Picture[] {
  if (shape.length !== 3) return [];
  const [height, width, channels] = shape;
  const size = height * width * channels;
  return Array.from({ length: values.length / size }, (_, n) => ({
    ...{ height, width, channels },
    values: Float32Array.from({ length: size }, (_, i) => values[n * size + i]),
  }));
}

function channelsOf(values: ArrayLike<number>, [height, width, channels]: readonly number[]): Picture[] {
  return Array.from({ length: channels }, (_, c) => ({
    ...{ height, width, channels: 1 },
    values: Float32Array.from({ length: height * width }, (_, i) => values[i * channels + c]),
  }));
}
