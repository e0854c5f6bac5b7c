import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { loadMnist } from '../../data/mnist.ts';
import { Conv2D, LocalResponseNorm, MaxPool2D, ReLU, Rng, useBackend } from '../../index.ts';
import type { Module } from '../../lib/module.ts';
import type { ProjectionRule } from '../../lib/projectionRule.ts';
import { ROOT } from '../support/runCommand.ts';

/** The chapter on visualization states the rules and the code of the boxes, and shows patches. */
const read = (name: string) => readFileSync(join(ROOT, name));
const chapter = read('docs/lecture/visualization.md').toString();

test('the code of the chapter is that of the box', () => {
  const [, code] = /```ts\n(override project[\s\S]*?)```/.exec(chapter) ?? [];
  const indented = code.replace(/^(?=.)/gm, '  ').trimEnd();
  expect(read('modules/relu.ts').toString()).toContain(indented);
});

/** Carries a signal back through a box by each rule of the table. */
function projected(box: Module, input: tf.Tensor, signal: tf.Tensor) {
  const { cache } = box.forward(input, { mode: 'inference' });
  const by = (rule: ProjectionRule) =>
    Array.from(box.project(signal, cache, rule).dataSync(), (value) => value + 0); // no −0
  return { gradient: by('gradient'), deconvnet: by('deconvnet'), guided: by('guided') };
}

describe('the table of rules is what the boxes do', () => {
  beforeAll(() => useBackend('cpu'));
  const cells = (name: string) =>
    chapter.split('\n').find((line) => line.startsWith(`| ${name} `))?.split('|').map((cell) => cell.trim()).slice(2, -1); // prettier-ignore

  test('ReLU', () => {
    expect(cells('ReLU')).toEqual([
      'max(0, x)',
      'r · 1[x > 0]',
      'max(0, r)',
      'max(0, r) · 1[x > 0]',
    ]);
    const [x, r] = [tf.tensor1d([2, -3, 4, -5]), tf.tensor1d([1, 2, -3, -4])];
    expect(projected(new ReLU(), x, r)).toEqual({
      gradient: [1, 0, -3, 0],
      deconvnet: [1, 2, 0, 0],
      guided: [1, 0, 0, 0],
    });
  });

  test.each([
    ['Conv2D', 'transposed filters', () => new Conv2D(2, 3, 2, { rng: new Rng(0) })],
    ['MaxPool2D', 'to the winner of each window', () => new MaxPool2D(2)],
  ])('%s has one rule', (name, rule, build) => {
    const box = build();
    expect(cells(name)?.[1]).toBe(rule);
    expect(
      cells(name)
        ?.slice(2)
        .every((cell) => cell.startsWith('the same')),
    ).toBe(true);
    const input = tf.tensor4d(Float32Array.from(new Rng(1).normals(48)), [1, 4, 6, 2]);
    const { shape, size } = box.infer(input);
    const signal = tf.tensor(Float32Array.from(new Rng(2).normals(size)), shape);
    const { gradient, deconvnet, guided } = projected(box, input, signal);
    expect([deconvnet, guided]).toEqual([gradient, gradient]);
  });

  test('LocalResponseNorm is left out by the deconvnet only', () => {
    expect(cells('LocalResponseNorm')?.slice(1)).toEqual(['its gradient', 'left out: r', 'its gradient']); // prettier-ignore
    const signal = tf.tensor2d([[1, -2, 3, 4]]);
    const { gradient, deconvnet, guided } = projected(new LocalResponseNorm(3, { alpha: 1 }), tf.tensor2d([[1, 2, 3, 4]]), signal); // prettier-ignore
    expect(deconvnet).toEqual([1, -2, 3, 4]);
    expect(guided).toEqual(gradient);
    expect(gradient).not.toEqual(deconvnet);
  });
});

/** The part of a picture without the white that stands for what is beyond the border. */
function inked(rows: readonly (readonly number[])[]): number[][] {
  const isWhite = (values: readonly number[]) => values.every((value) => value === 255);
  const kept = rows.filter((row) => !isWhite(row));
  return kept.map((row) => row.filter((_, x) => !isWhite(kept.map((other) => other[x]))));
}

test('the patches of units.png are parts of the first 2000 test images', async () => {
  const { width, height, data } = decode(read('docs/lecture/units.png'));
  const row = (y: number) => Array.from(data.slice(y * width, (y + 1) * width));
  // The patches of each unit have the height and the width of the largest of them.
  const sizes = [[24, 22], [22, 24], [24, 24], [24, 22]] as const; // prettier-ignore
  const bands = sizes.map(([tall, wide], k) => ({
    tall,
    wide,
    start: sizes.slice(0, k).reduce((sum, [other]) => sum + 3 * other + 2 + 3, 0),
  }));
  expect([width, height]).toEqual([3 * (3 * 24 + 2) + 6, bands[3].start + 3 * 24 + 2]);
  const { test } = await loadMnist();
  const images = test.batch(Int32Array.from({ length: 2000 }, (_, i) => i));
  const grey = Array.from(await images.input.data(), (pixel) => Math.round(255 * 0.88 * pixel));
  const isPart = (part: readonly (readonly number[])[]) => {
    for (let n = 0; n < 2000; n++)
      for (let top = 0; top + part.length <= 28; top++)
        for (let left = 0; left + part[0].length <= 28; left++) {
          const at = n * 784 + top * 28 + left;
          if (part.every((line, y) => line.every((v, x) => Math.abs(v - grey[at + y * 28 + x]) <= 1))) return true; // prettier-ignore
        }
    return false;
  };
  for (const { tall, wide, start } of bands) {
    for (let k = 0; k < 9; k++) {
      const [top, left] = [start + Math.floor(k / 3) * (tall + 1), (k % 3) * (wide + 1)];
      const part = Array.from({ length: tall }, (_, y) => row(top + y).slice(left, left + wide));
      expect(isPart(inked(part))).toBe(true);
    }
  }
}, 60_000);
