import { constantRate, cosineRate, inverseRate } from '../../../lib/train/index.ts';

describe('schedules', () => {
  it('keep a rate', () => {
    expect([0, 7, 1e6].map(constantRate(0.3))).toEqual([0.3, 0.3, 0.3]);
  });

  it("fall as Caffe's", () => {
    const rate = inverseRate(0.01);
    expect(rate(0)).toBe(0.01);
    // Caffe's own log of LeNet: "Iteration 100, lr = 0.00992565", "Iteration 9900, lr = 0.00596843"
    expect(rate(100)).toBeCloseTo(0.00992565, 8);
    expect(rate(9900)).toBeCloseTo(0.00596843, 8);
    expect(inverseRate(1, 1, 2)(3)).toBeCloseTo(1 / 16, 12);
  });

  it('fall along a cosine to 0', () => {
    const rate = cosineRate(0.4, 10);
    expect(rate(0)).toBe(0.4);
    expect(rate(5)).toBeCloseTo(0.2, 12);
    expect(rate(2.5)).toBeCloseTo(0.2 * (1 + Math.SQRT1_2), 12);
    expect([rate(10), rate(11)]).toEqual([0, 0]);
  });
});
