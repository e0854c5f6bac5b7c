import { describeRefusals } from '../support/refusals.ts';
import {
  constantRate,
  cosineRate,
  exponentialRate,
  inverseRate,
  ReduceOnPlateau,
  stepRate,
  warmUp,
} from '../../index.ts';

describe('schedules', () => {
  it('constantRate', () => {
    expect([0, 7, 1e6].map(constantRate(0.3))).toEqual([0.3, 0.3, 0.3]);
  });

  it("inverseRate falls like Caffe's `inv`", () => {
    const rate = inverseRate(0.01);
    expect(rate(0)).toBe(0.01);
    // From the log of Caffe's LeNet example: "Iteration 100, lr = 0.00992565" and "Iteration 9900,
    // lr = 0.00596843".
    expect(rate(100)).toBeCloseTo(0.00992565, 8);
    expect(rate(9900)).toBeCloseTo(0.00596843, 8);
    expect(inverseRate(1, { gamma: 1, power: 2 })(3)).toBeCloseTo(1 / 16, 12);
  });

  it('cosineRate falls to 0', () => {
    const rate = cosineRate(0.4, 10);
    expect(rate(0)).toBe(0.4);
    expect(rate(5)).toBeCloseTo(0.2, 12);
    expect(rate(2.5)).toBeCloseTo(0.2 * (1 + Math.SQRT1_2), 12);
    expect([rate(10), rate(11)]).toEqual([0, 0]);
  });

  it('stepRate and exponentialRate', () => {
    expect([0, 2, 3, 6].map(stepRate(8, { every: 3, gamma: 0.5 }))).toEqual([8, 8, 4, 2]);
    expect([0, 1, 3].map(exponentialRate(8, 0.5))).toEqual([8, 4, 1]);
  });

  it('warmUp rises to another schedule', () => {
    expect([0, 1, 3, 4, 9].map(warmUp(constantRate(8), 4))).toEqual([2, 4, 8, 8, 8]);
  });

  it('ReduceOnPlateau falls if a metric does not, as in PyTorch', () => {
    // The expected rates come from torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer,
    // factor=0.5, patience=1).
    const figures = [5, 4, 4, 4, 4, 4, 3, 2.9999, 2.9998, 1, 2, 3];
    const expected = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625];
    const plateau = new ReduceOnPlateau({ factor: 0.5, patience: 1 });
    const rates = figures.map((figure, k) => {
      plateau.step(figure);
      if (k === 4)
        plateau.restore(JSON.parse(JSON.stringify(plateau.state())) as Record<string, number>);
      return plateau.scale;
    });
    expect(rates).toEqual(expected);
  });
});

describeRefusals([
  [
    'constantRate: expected the rate to be a number of at least 0, got NaN',
    () => constantRate(NaN),
  ],
  [
    'constantRate: expected the rate to be a number of at least 0, got "0.1"',
    () => constantRate('0.1' as never),
  ],
  [
    'stepRate: expected every to be a number above 0, got "9"',
    () => stepRate(0.1, { every: '9' as never }),
  ],
  ['cosineRate: expected steps to be a number above 0, got 0', () => cosineRate(0.1, 0)],
  ['stepRate: expected every to be a number above 0, got NaN', () => stepRate(0.1, { every: NaN })],
  [
    'exponentialRate: expected gamma to be a number of at least 0, got -1',
    () => exponentialRate(0.1, -1),
  ],
  [
    'inverseRate: expected gamma to be a number of at least 0, got -1',
    () => inverseRate(0.1, { gamma: -1 }),
  ],
  ['warmUp: expected a schedule, such as cosineRate, got 0.1', () => warmUp(0.1 as never, 500)],
  [
    'warmUp: expected steps to be a number of at least 0, got -3',
    () => warmUp(constantRate(1), -3),
  ],
]);
