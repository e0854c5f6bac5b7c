import '@tensorflow/tfjs-backend-cpu';
import { zeros } from '@tensorflow/tfjs-core';
import { Rng } from '../../index.ts';
import { lenet } from '../../models/lenet.ts';

const valuesOf = (seed: number) =>
  Object.values(lenet({ rng: new Rng(seed) }).params).map((param) => [...param.dataSync()]);

describe('lenet', () => {
  it("has the 431,080 parameters of Caffe's", () => {
    const sizes = Object.entries(lenet({ rng: new Rng(0) }).params).map(([name, { size }]) => [
      name,
      size,
    ]);
    expect(sizes).toEqual([
      ['0.weight', 500],
      ['0.bias', 20],
      ['2.weight', 25_000],
      ['2.bias', 50],
      ['5.weight', 400_000],
      ['5.bias', 500],
      ['7.weight', 5000],
      ['7.bias', 10],
    ]);
    expect(sizes.reduce((total, [, size]) => total + Number(size), 0)).toBe(431_080);
  });

  it('gives a score for each digit', () => {
    expect(lenet({ rng: new Rng(0) }).forward(zeros([3, 28, 28, 1])).output.shape).toEqual([3, 10]);
  });

  it('its initial weights depend only on the seed', () => {
    expect(valuesOf(1)).toEqual(valuesOf(1));
    expect(valuesOf(1)).not.toEqual(valuesOf(2));
  });
});
