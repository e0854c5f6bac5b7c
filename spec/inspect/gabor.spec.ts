import { Conv2D, gabor, gaborBank, Rng, useBackend, type Gabor } from '../../index.ts';
import { fitGabor } from '../../inspect/index.ts';
import { inputError } from '../support/inputError.ts';

beforeAll(() => useBackend('cpu'));

const upright: Gabor = {
  x: 3,
  y: 2,
  orientation: 0,
  sigma: 1.5,
  aspect: 0.5,
  wavelength: 4,
  phase: 0,
};

test('the function is the equation', () => {
  const values = gabor(upright, 5, 7);
  // One column to the right of the middle is a quarter of the wavelength, where the wave is 0. Two
  // columns are half the wavelength.
  expect([values[2 * 7 + 3], values[2 * 7 + 4]].map((v) => Number(v.toFixed(9)))).toEqual([1, 0]);
  expect(values[2 * 7 + 5]).toBeCloseTo(-Math.exp(-4 / (2 * 1.5 ** 2)), 9);
  // One row down is a step along the stripes, where the aspect ratio halves the distance.
  expect(values[3 * 7 + 3]).toBeCloseTo(Math.exp(-0.25 / (2 * 1.5 ** 2)), 9);
  const turned = gabor({ ...upright, orientation: Math.PI / 2, phase: Math.PI / 2 }, 5, 7);
  // The stripes are horizontal, and the function is odd: it is negative below the middle and
  // positive above.
  expect(turned[2 * 7 + 3]).toBeCloseTo(0, 9);
  expect(turned[3 * 7 + 3]).toBeCloseTo(-Math.exp(-1 / (2 * 1.5 ** 2)), 9);
  expect(turned[1 * 7 + 3]).toBeCloseTo(Math.exp(-1 / (2 * 1.5 ** 2)), 9);
});

test.each([
  { x: 4.2, y: 4.9, orientation: 0.4, sigma: 2, aspect: 0.8, wavelength: 5, phase: 0.3 },
  { x: 5, y: 3.5, orientation: 2.2, sigma: 1.6, aspect: 1.3, wavelength: 4, phase: 1.4 },
  { x: 4.5, y: 4, orientation: 1.6, sigma: 2.5, aspect: 0.6, wavelength: 6, phase: -0.5 },
])('a fit recovers the function: %j', async (truth) => {
  const filter = gabor(truth, 9, 10).map((v) => -3 * v);
  const fit = await fitGabor(filter, 9, 10);
  expect(fit.explained).toBeGreaterThan(0.9999);
  expect(Math.abs(Math.sin(fit.orientation - truth.orientation))).toBeLessThan(0.01);
  expect(fit.wavelength / truth.wavelength).toBeCloseTo(1, 2);
  expect(fit.frequency).toBeCloseTo(1 / truth.wavelength, 3);
  expect([fit.x, fit.y].map((v, i) => Math.abs(v - [truth.x, truth.y][i]) < 0.05)).toEqual([
    true,
    true,
  ]);
  const again = gabor(fit, 9, 10);
  again.forEach((v, i) => expect(fit.amplitude * v).toBeCloseTo(filter[i], 1));
});

test.each([
  { x: 2.1, y: 3.9, orientation: 2.6, sigma: 1.3, aspect: 0.6, wavelength: 3.2, phase: 2.5 },
  { x: 4.2, y: 1.8, orientation: 0.1, sigma: 1.7, aspect: 1.2, wavelength: 6.5, phase: -2.8 },
  { x: 1.7, y: 1.7, orientation: 3.1, sigma: 1.2, aspect: 0.4, wavelength: 4.4, phase: -0.9 },
])('a fit recovers any middle, amplitude and phase: %j', async (truth) => {
  const filter = gabor(truth, 7, 7).map((v) => 0.3 * v);
  const fit = await fitGabor(filter, 7, 7);
  expect(fit.explained).toBeGreaterThan(0.999999);
  const found: Readonly<Record<string, number>> = { ...fit };
  for (const [name, value] of Object.entries({ ...truth, amplitude: 0.3 })) {
    expect([name, Math.abs(found[name] - value) < 0.01]).toEqual([name, true]);
  }
});

test('the orientation is in 0 ... π and the amplitude above 0, whatever the sign of the filter', async () => {
  const truth = { x: 3, y: 3, orientation: 0.02, sigma: 1.6, aspect: 0.6, wavelength: 4, phase: 1 };
  const filter = gabor(truth, 7, 7).map((v) => -v);
  const fit = await fitGabor(filter, 7, 7);
  expect(fit.amplitude).toBeCloseTo(1, 3);
  expect(fit.orientation).toBeCloseTo(0.02, 3);
  expect(fit.phase).toBeCloseTo(1 - Math.PI, 3);
});

test('noise is not fitted well', async () => {
  const { explained } = await fitGabor(new Rng(3).normals(90), 9, 10);
  expect(explained).toBeLessThan(0.7);
});

test.each([
  [new Float64Array(9), 3],
  [Float64Array.of(1, 2, 3), 3],
  [Float64Array.of(NaN, 1, 1, 1, 1, 1, 1, 1, 1), 3],
])('refuses %j', async (filter, side) => {
  await expect(fitGabor(filter, side, side)).rejects.toThrow(
    /^fitGabor: expected a filter of 3x3 finite values, not all 0, got \[/,
  );
});

describe('the bank', () => {
  it('has every orientation, even and odd, with mean 0 and the variance of heNormal', async () => {
    const { weight } = new Conv2D(2, 6, [9, 7], { init: gaborBank() }).params;
    const values = Float32Array.from(weight.dataSync());
    for (let o = 0; o < 6; o++) {
      const own = values.filter((_, i) => i % 6 === o);
      expect(own.reduce((sum, v) => sum + v, 0)).toBeCloseTo(0, 4);
      const power = own.reduce((sum, v) => sum + v * v, 0) / own.length;
      expect(power).toBeCloseTo(2 / (9 * 7 * 2), 5);
      // Both channels are equal.
      expect(own.filter((_, i) => i % 2 === 0)).toEqual(own.filter((_, i) => i % 2 === 1));
      if (o !== 1 && o !== 4) continue; // Only one even and one odd filter, because a fit takes a second.
      const { orientation, explained } = await fitGabor(
        own.filter((_, i) => i % 2 === 0),
        9,
        7,
      );
      expect(explained).toBeGreaterThan(0.9);
      expect(Math.abs(Math.sin(orientation - (Math.PI * o) / 6))).toBeLessThan(0.1);
    }
  });

  it('refuses a weight that is not a filter', () => {
    expect(() => gaborBank()([5, 4], { fanIn: 5, fanOut: 4 }, undefined)).toThrow(
      inputError(
        'gaborBank: expected a weight [K_h, K_w, channels, filters] of at least 3x3, got [5, 4]',
      ),
    );
    expect(() => new Conv2D(1, 2, [2, 5], { init: gaborBank() })).toThrow(
      /^Conv2D: weight: gaborBank: expected/,
    );
  });
});
