import {
  concat,
  softmax,
  split as cut,
  tensor1d,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { Sequential } from '../modules/container/sequential.ts';
import type { Dataset } from '../data/dataset.ts';
import { boxesOf, prepared } from '../data/preparation.ts';
import { InputError, show } from '../lib/errors.ts';
import { closestAdversarial } from '../inspect/closestAdversarial.ts';
import { fastGradientSign } from '../inspect/fastGradientSign.ts';
import { imagine } from '../inspect/imagine.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { tiles, type Picture } from '../report/pictures.ts';
import { Rng } from '../lib/rng.ts';
import type { FoolOptions } from './fool.ts';
import { openData } from './openData.ts';
import { openTrained } from './openNetwork.ts';
import { networkOf, preparationsOfFile } from './weightsFile.ts';

/** Fools a network and draws how. The images are the data's own: what was done to the network's inputs is a part of it. */
export async function fool(file: string, options: FoolOptions): Promise<string[]> {
  const { data, shape, method, target, records, out } = options;
  const name = await networkOf(file, options.network);
  const { test } = await openData(data, shape);
  if (target !== undefined && target >= test.classes) {
    throw new InputError(`--target: expected a class from 0 to ${test.classes - 1}, got ${target}`);
  }
  const preparations = await preparationsOfFile(file);
  const seen = prepared(test, preparations);
  const trained = await openTrained(name, file, seen);
  const network: Module = new Sequential([...boxesOf(preparations, test.inputShape), trained]);
  const rng = new Rng(options.seed);
  const wanted =
    target === undefined ? Array.from({ length: test.classes }, (_, k) => k) : [target];
  const strange = records.find((record) => record >= test.length);
  if (strange !== undefined) {
    throw new InputError(
      `--records: expected records from 0 to ${test.length - 1}, got ${strange}`,
    );
  }
  const { before, after, labels } =
    method === 'imagine'
      ? {
          before: undefined,
          labels: wanted,
          after: imagined(network, wanted, test.inputShape, rng),
        }
      : await changed(network, await test.batch(Int32Array.from(records)), options, test.classes);
  const lines = await told(
    network,
    test,
    labels,
    before,
    after,
    method === 'imagine' ? undefined : records,
  );
  await writeFileAtomic(out, await drawn(before, after));
  disposeTensors([before, after]);
  network.dispose();
  return lines;
}

function imagined(
  network: Module,
  classes: readonly number[],
  inputShape: readonly number[],
  rng: Rng,
): Tensor {
  const labels = tensor1d([...classes], 'int32');
  const images = imagine(network, labels, inputShape, rng);
  disposeTensors(labels);
  return images;
}

async function changed(
  network: Module,
  { input, labels: of }: { input: Tensor; labels: Tensor },
  { method, epsilon, target }: FoolOptions,
  classes: number,
) {
  const labels = Array.from(await of.data());
  if (method === 'sign') {
    const after = fastGradientSign(network, input, of, epsilon);
    disposeTensors(of);
    return { before: input, after, labels };
  }
  const images = cut(input, labels.length);
  const found: Tensor[] = [];
  for (const [k, image] of images.entries()) {
    const wanted = target ?? (labels[k] + 1) % classes;
    found.push((await closestAdversarial(network, image, wanted)) ?? image.clone());
  }
  const after = concat(found);
  disposeTensors([of, images, found]);
  return { before: input, after, labels };
}

/** A line an image: what the network took it for, and takes it for now. */
async function told(
  network: Module,
  { classNames }: Dataset,
  labels: readonly number[],
  before: Tensor | undefined,
  after: Tensor,
  records: readonly number[] | undefined,
): Promise<string[]> {
  const [then, now] = [before && (await answers(network, before)), await answers(network, after)];
  const [a, b] = [before && (await before.data()), await after.data()];
  const size = b.length / labels.length;
  const name = (k: number) => classNames?.[k] ?? String(k);
  return labels.map((label, k) => {
    const { answer, probability } = now[k];
    const sure = `${name(answer)} with ${(100 * probability).toFixed(1)} %`;
    if (then === undefined || a === undefined || records === undefined)
      return `class ${name(label)}: taken for ${sure}`;
    let moved = 0;
    for (let i = k * size; i < (k + 1) * size; i++) moved += (b[i] - a[i]) ** 2;
    return `record ${records[k]}, label ${name(label)}: taken for ${name(then[k].answer)}, now for ${sure}; moved by ${Math.sqrt(moved).toFixed(3)}`;
  });
}

async function answers(
  network: Module,
  images: Tensor,
): Promise<{ answer: number; probability: number }[]> {
  const scores = network.infer(images, { mode: 'inference' }) as Tensor2D;
  const shares = softmax(scores);
  const rows = await shares.array();
  disposeTensors([scores, shares]);
  return rows.map((row) => {
    const probability = Math.max(...row);
    return { answer: row.indexOf(probability), probability };
  });
}

/** The images in the first row, what they became in the second, the difference, grey for none, in the third. */
async function drawn(before: Tensor | undefined, after: Tensor): Promise<Uint8Array> {
  const [count, height, width, channels] = after.shape;
  if (after.rank !== 4 || (channels !== 1 && channels !== 3)) {
    throw new InputError(
      `fool: expected images of one or three channels to draw, got ${show(after.shape.slice(1))}`,
    );
  }
  const b = await after.data();
  const a = before && (await before.data());
  const size = height * width * channels;
  const pictures = (values: Float32Array | Int32Array | Uint8Array): Picture[] =>
    Array.from({ length: count }, (_, k) => ({
      height,
      width,
      channels,
      values: values.slice(k * size, (k + 1) * size),
    }));
  if (a === undefined) return tiles(pictures(b), 5, [0, 1]).png;
  const apart = Float32Array.from(b, (v, i) => 0.5 + 0.5 * (v - a[i]));
  return tiles([...pictures(a), ...pictures(b), ...pictures(apart)], count, [0, 1]).png;
}
