import { readFileSync } from 'node:fs';
import { describeRefusals } from '../support/refusals.ts';
import {
  constantRate,
  cosineRate,
  exponentialRate,
  inverseRate,
  oneCycleRate,
  polynomialRate,
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

  it('polynomialRate and oneCycleRate, by hand', () => {
    expect([0, 1, 2, 4, 5].map(polynomialRate(8, 4, { power: 2 }))).toEqual([8, 4.5, 2, 0, 0]);
    // 10 steps: up to step 2, then down to step 9, and no further.
    const line = oneCycleRate(8, 10, { anneal: 'linear', startFactor: 4, endFactor: 2 });
    expect([0, 1, 2, 9, 10].map(line)).toEqual([2, 5, 8, 1, 1]);
    const wave = oneCycleRate(8, 10, { startFactor: 4, endFactor: 2 });
    expect(wave(1)).toBeCloseTo(5, 12);
    // A run of one step has no time to rise.
    expect(oneCycleRate(8, 1)(0)).toBe(8 / 25 / 1e4);
  });

  it('polynomialRate and oneCycleRate are those of PyTorch', () => {
    const { oneCycle, polynomial } = JSON.parse(
      readFileSync(new URL('../fixtures/schedules.json', import.meta.url), 'utf8'),
    ) as Record<'oneCycle' | 'polynomial', { steps: number; options: object; rates: number[] }[]>;
    for (const [cases, make] of [
      [oneCycle, oneCycleRate],
      [polynomial, polynomialRate],
    ] as const) {
      for (const { steps, options, rates } of cases) {
        const schedule = make(0.5, steps, options);
        rates.forEach((rate, step) => expect(schedule(step)).toBeCloseTo(rate, 12));
      }
    }
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
    'polynomialRate: expected power to be a number above 0, got 0',
    () => polynomialRate(1, 2, { power: 0 }),
  ],
  [
    'polynomialRate: unknown option pwer; did you mean power?',
    () => polynomialRate(1, 2, { pwer: 1 } as never),
  ],
  [
    'oneCycleRate: expected rise to be a number between 0 and 1, got 1',
    () => oneCycleRate(1, 2, { rise: 1 }),
  ],
  [
    'oneCycleRate: expected rise to be a number between 0 and 0.5, got 0.5',
    () => oneCycleRate(1, 2, { rise: 0.5, threePhases: true }),
  ],
  [
    'oneCycleRate: expected anneal to be one of "cosine", "linear", got "cos"',
    () => oneCycleRate(1, 2, { anneal: 'cos' as never }),
  ],
  [
    'oneCycleRate: expected startFactor to be a number above 0, got 0',
    () => oneCycleRate(1, 2, { startFactor: 0 }),
  ],
  ['oneCycleRate: expected steps to be a number above 0, got 0', () => oneCycleRate(1, 0)],

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
