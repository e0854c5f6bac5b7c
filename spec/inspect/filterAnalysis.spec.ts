import { gabor, Rng, type Gabor } from '../../index.ts';
import {
  chiSquaredTail,
  fitGabor,
  fourierAmplitudes,
  gaborAmplitude,
  gaborTuning,
  residualTest,
  weightNoise,
} from '../../inspect/index.ts';
import { loadFixture } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';

interface Spectrum {
  readonly height: number;
  readonly width: number;
  readonly size: number;
  readonly filter: readonly number[];
  readonly amplitudes: readonly number[];
}

interface Fixture {
  readonly amplitudes: readonly Spectrum[];
  readonly tails: readonly (readonly [x: number, k: number, tail: number])[];
}

const [fixture] = loadFixture<Fixture>('filterAnalysis');

const wave: Gabor = {
  x: 15,
  y: 16,
  orientation: 0.5,
  sigma: 2.5,
  aspect: 0.7,
  wavelength: 5,
  phase: 0.4,
};

const squares = (values: ArrayLike<number>) => Array.from(values).reduce((s, v) => s + v * v, 0);

describe('Fourier amplitudes', () => {
  test('by hand: frequency 0 stands in the middle', () => {
    // A single pixel has all frequencies, wherever it stands.
    expect([...fourierAmplitudes([0, 3], 1, 2, 3)].map((v) => Number(v.toFixed(9)))).toEqual(
      new Array(9).fill(3),
    );
    // Stripes of a period of two pixels have the frequency ±½, which is the first column. The rows
    // are of frequency −¼ ... ½; the sum over them is 0 except in row 2, which is 0.
    const stripes = Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const found = [...fourierAmplitudes(stripes, 4, 4, 4)].map((v) => Number(v.toFixed(9)));
    expect(found).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]);
    // Columns are frequencies across, u: a filter one pixel high has equal rows.
    const across = [...fourierAmplitudes([1, -1], 1, 2, 2)].map((v) => Number(v.toFixed(9)));
    expect(across).toEqual([2, 0, 2, 0]);
    expect(fourierAmplitudes([], 0, 0, 2)).toEqual(new Float64Array(4));
  });

  test.each(fixture.amplitudes)(
    'are those of NumPy: $height x $width in $size',
    ({ height, width, size, filter, amplitudes }) => {
      const found = fourierAmplitudes(filter, height, width, size);
      expect(found).toHaveLength(amplitudes.length);
      found.forEach((v, i) => expect(v).toBeCloseTo(amplitudes[i], 10));
    },
  );

  test('keep the sum of squares (Parseval)', () => {
    const rng = new Rng(1);
    for (const [height, width, size] of [
      [3, 7, 7],
      [6, 2, 11],
      [5, 5, 16],
    ]) {
      // prettier-ignore
      const filter = rng.normals(height * width);
      const found = fourierAmplitudes(filter, height, width, size);
      expect(squares(found) / size ** 2 / squares(filter)).toBeCloseTo(1, 10);
    }
  });

  test.each([
    [{}, 'fourierAmplitudes: expected a filter of 2x3 finite values, got [1, 2]', [1, 2]],
    [{}, 'fourierAmplitudes: expected a filter of 2x3 finite values, got [NaN, 1, 1, 1]', [NaN, 1, 1, 1, 1, 1]], // prettier-ignore
    [{ size: 2 }, 'fourierAmplitudes: expected size to be a whole number of at least 3 pixels, got 2', [1, 1, 1, 1, 1, 1]], // prettier-ignore
    [{ size: 4.5 }, 'fourierAmplitudes: expected size to be a whole number of at least 3 pixels, got 4.5', [1, 1, 1, 1, 1, 1]], // prettier-ignore
  ])('refuses %j: %s', (more: { readonly size?: number }, message, filter) => {
    expect(() => fourierAmplitudes(filter, 2, 3, more.size)).toThrow(inputError(message));
  });
});

describe('the amplitude of a Gabor function', () => {
  test('by hand', () => {
    const round = { ...wave, orientation: 0, sigma: 1, aspect: 1, wavelength: 4, phase: 0 };
    const near = Math.PI * (1 + Math.exp(-(Math.PI ** 2) / 2));
    expect(gaborAmplitude(round, 0.25, 0)).toBeCloseTo(near, 12);
    expect(gaborAmplitude(round, -0.25, 0)).toBeCloseTo(near, 12);
    // An odd function has no frequency 0.
    expect(gaborAmplitude({ ...round, phase: Math.PI / 2 }, 0, 0)).toBeCloseTo(0, 12);
  });

  test.each([wave, { ...wave, phase: -1.6, orientation: 2.5, aspect: 1.3 }])(
    'is that of its pixels: %j',
    (parameters) => {
      const size = 32;
      const found = fourierAmplitudes(gabor(parameters, size, size), size, size, size);
      const most = Math.max(...found);
      found.forEach((v, i) => {
        const [row, column] = [Math.floor(i / size) - size / 2, (i % size) - size / 2];
        const expected = gaborAmplitude(parameters, column / size, row / size);
        expect(Math.abs(v - expected)).toBeLessThan(1e-4 * most);
      });
    },
  );
});

describe('the tuning', () => {
  test('by hand', () => {
    // σ = √(2 ln 2)/(2π · ⅛), so that δ = ⅛ and the frequencies ¼ ± ⅛ have half of the amplitude.
    const sigma = (Math.sqrt(2 * Math.LN2) / (2 * Math.PI)) * 8;
    const tuning = gaborTuning({ ...wave, sigma, wavelength: 4, aspect: 2, orientation: 4 });
    expect(tuning.frequency).toBe(0.25);
    expect(tuning.octaves).toBeCloseTo(Math.log2(3), 12);
    expect(tuning.degreesWide).toBeCloseTo(90, 10);
    expect(tuning.degrees).toBeCloseTo((4 * 180) / Math.PI - 180, 10);
    expect(gaborTuning({ ...wave, sigma: sigma / 2, wavelength: 4 }).octaves).toBe(Infinity);
  });

  test.each([
    [0, 0],
    [Math.PI, 0],
    [-Math.PI / 4, 135],
    [3 * Math.PI, 0],
    [-1e-18, 0],
  ])(
    // prettier-ignore
    'folds an orientation of %d into %d degrees',
    (orientation, degrees) => {
      const found = gaborTuning({ ...wave, orientation }).degrees;
      expect(found).toBeCloseTo(degrees, 9);
      expect(found >= 0 && found < 180).toBe(true);
    },
  );

  test('stands where the amplitude is largest, and half of it is where the bandwidth says', () => {
    const { frequency, octaves, degrees } = gaborTuning({ ...wave, sigma: 4 });
    const angle = (degrees * Math.PI) / 180;
    const at = (f: number) =>
      gaborAmplitude({ ...wave, sigma: 4 }, f * Math.cos(angle), f * Math.sin(angle));
    const ratio = 2 ** octaves;
    const upper = (2 * frequency * ratio) / (1 + ratio);
    expect(at(upper) / at(frequency)).toBeCloseTo(0.5, 3);
    expect(at(upper / ratio) / at(frequency)).toBeCloseTo(0.5, 3);
    expect(at(frequency)).toBeGreaterThan(at(1.02 * frequency));
    expect(at(frequency)).toBeGreaterThan(at(0.98 * frequency));
  });
});

describe('the chi-squared test', () => {
  test.each(fixture.tails)('the tail at %d with k = %d is that of PyTorch', (x, k, tail) => {
    expect(Math.abs(chiSquaredTail(x, k) - tail)).toBeLessThan(1e-9);
  });

  test('the ends of the tail', () => {
    expect([chiSquaredTail(0, 3), chiSquaredTail(Infinity, 3), chiSquaredTail(5000, 4)]).toEqual([
      1, 0, 0,
    ]);
  });

  test('by hand: χ² is the sum of squares over the variance', () => {
    const test = residualTest([1, -1, 2, 0], { noise: 0.5, parameters: 2 });
    expect(test).toMatchObject({ chiSquared: 12, degreesOfFreedom: 2, isNoise: false });
    expect(test.probability).toBeCloseTo(Math.exp(-6), 12);
    expect(residualTest([1, -1, 2, 0], { noise: 2, parameters: 2 }).isNoise).toBe(true);
  });

  test('passes Gabor functions with noise, and not an edge', async () => {
    const rng = new Rng(5);
    const truth = { ...wave, x: 4, y: 4, sigma: 2 };
    const values = gabor(truth, 9, 9);
    const residualOf = async (filter: Float64Array) => {
      const fit = await fitGabor(filter, 9, 9);
      return filter.map((v, i) => v - fit.amplitude * gabor(fit, 9, 9)[i]);
    };
    let passed = 0;
    for (let k = 0; k < 8; k++) {
      const noise = rng.normals(81);
      const residual = await residualOf(values.map((v, i) => v + 0.1 * noise[i]));
      passed += residualTest(residual, { noise: 0.01 }).isNoise ? 1 : 0;
    }
    expect(passed).toBeGreaterThanOrEqual(7);
    const edge = Float64Array.from({ length: 81 }, (_, i) => (i % 9 < 4 ? -1 : 1));
    expect(residualTest(await residualOf(edge), { noise: 0.01 }).isNoise).toBe(false);
  });

  test('the noise between two trainings is half of the mean squared difference', () => {
    expect(weightNoise([1, 2, 3], [1.1, 2, 2.8])).toBeCloseTo(0.05 / 6, 12);
    const rng = new Rng(8);
    const signal = rng.normals(4000);
    const noisy = () => {
      const noise = rng.normals(4000);
      return signal.map((v, i) => v + 0.3 * noise[i]);
    };
    expect(weightNoise(noisy(), noisy()) / 0.09).toBeCloseTo(1, 1);
  });

  test.each([
    [
      'weightNoise: expected two lists of as many weights, got 2 and 1',
      () => weightNoise([1, 2], [1]),
    ],
    ['weightNoise: expected two lists of as many weights, got 0 and 0', () => weightNoise([], [])],
    [
      'weightNoise: expected finite weights, got NaN or an infinite value',
      () => weightNoise([1, NaN], [1, 2]),
    ],
    [
      'weightNoise: expected two trainings that started from the same weights, got a correlation of -0.8 (at least 0.5)',
      () => weightNoise([1, -2], [-2, 1]),
    ],
    [
      'weightNoise: expected two trainings that started from the same weights, got a correlation of NaN (at least 0.5)',
      () => weightNoise([0, 0], [0, 0]),
    ],
    [
      'weightNoise: expected trainings with different orders of the examples, got equal weights; train one of them with another seed',
      () => weightNoise([1, 2], [1, 2]),
    ],
    [
      'residualTest: expected finite values, got NaN or an infinite value',
      () => residualTest([NaN, 1], { noise: 1, parameters: 1 }),
    ],
    ['residualTest: expected noise above 0, got 0', () => residualTest([1, 1], { noise: 0 })],
    [
      'residualTest: expected more values than the 8 parameters, got 8',
      () => residualTest(new Float64Array(8), { noise: 1 }),
    ],
    [
      'chiSquaredTail: expected x of at least 0 and k of at least 1, a whole number, got -1 and 2',
      () => chiSquaredTail(-1, 2),
    ],
    [
      'chiSquaredTail: expected x of at least 0 and k of at least 1, a whole number, got 1 and 0.5',
      () => chiSquaredTail(1, 0.5),
    ],
  ])('%s', (message, run) => {
    expect(run).toThrow(inputError(message));
  });
});
