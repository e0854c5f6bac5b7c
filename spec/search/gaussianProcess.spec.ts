import { Rng } from '../../index.ts';
import { cholesky } from '../../search/cholesky.ts';
import { expectedImprovement } from '../../search/expectedImprovement.ts';
import { fitGaussianProcess } from '../../search/fitGaussianProcess.ts';
import { GaussianProcess, type Hyperparameters } from '../../search/gaussianProcess.ts';

const at = (...rows: number[][]) => rows.map((row) => Float64Array.from(row));

/** Gaussian elimination with pivots. Returns the solution x of A x = b, and ln |A|. */
function eliminate(
  matrix: readonly (readonly number[])[],
  b: readonly number[],
): { x: number[]; logDet: number } {
  const rows = matrix.map((row, i) => [...row, b[i]]);
  const n = b.length;
  let logDet = 0;
  for (let k = 0; k < n; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    logDet += Math.log(Math.abs(rows[k][k]));
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    x[i] =
      (rows[i][n] - x.reduce((sum, v, j) => (j > i ? sum + rows[i][j] * v : sum), 0)) / rows[i][i];
  }
  return { x, logDet };
}

/**
 * The kernel of Rasmussen & Williams, equation 4.17, written from the book and not from the tested
 * code.
 */
function kernel(
  a: readonly number[],
  b: readonly number[],
  { variance, lengthScales: lengths }: Hyperparameters,
  categories: readonly boolean[],
) {
  const r = Math.hypot(
    ...a.map((v, i) => (categories[i] ? Number(v !== b[i]) : v - b[i]) / lengths[i]),
  );
  return variance * (1 + Math.sqrt(5) * r + (5 * r ** 2) / 3) * Math.exp(-Math.sqrt(5) * r);
}

const INPUTS = [
  [0.1, 0.9, 0],
  [0.4, 0.2, 1],
  [0.8, 0.5, 2],
  [0.3, 0.7, 1],
  [0.95, 0.05, 0],
];
const TARGETS = [0.3, -1.2, 2, 0.4, 0.9];
const CATEGORIES = [false, false, true];
const HYPER: Hyperparameters = {
  variance: 1.7,
  lengthScales: [0.3, 0.8, 1.4],
  noise: 0.05,
  mean: 0.2,
};
const process = (change: Partial<Hyperparameters> = {}) =>
  new GaussianProcess(
    { inputs: at(...INPUTS), targets: TARGETS, categories: CATEGORIES },
    { ...HYPER, ...change },
  );

/** The posterior at x, given some of the observations. */
function posterior(x: readonly number[], inputs = INPUTS, targets = TARGETS) {
  const K = inputs.map((a, i) =>
    inputs.map((b, j) => kernel(a, b, HYPER, CATEGORIES) + (i === j ? HYPER.noise : 0)),
  );
  const k = inputs.map((a) => kernel(a, x, HYPER, CATEGORIES));
  const mean = HYPER.mean ?? 0;
  const weights = eliminate(K, k).x;
  return {
    mean: mean + weights.reduce((sum, w, i) => sum + w * (targets[i] - mean), 0),
    variance: HYPER.variance - weights.reduce((sum, w, i) => sum + w * k[i], 0),
  };
}

describe('GaussianProcess', () => {
  it('by hand: one observation, at r = 1/√5 from the point', () => {
    // k = 2 (1 + 1 + 1/3)/e = 1.716771.
    // The mean is k/(2 + 0.5) · 3, and the variance is 2 − k²/2.5.
    const one = new GaussianProcess(
      { inputs: at([0]), targets: [3] },
      { variance: 2, lengthScales: [Math.sqrt(5)], noise: 0.5 },
    );
    const k = (2 * (7 / 3)) / Math.E;
    const { mean, variance } = one.predict(Float64Array.of(1));
    expect(mean).toBeCloseTo((3 * k) / 2.5, 12);
    expect(variance).toBeCloseTo(2 - k ** 2 / 2.5, 12);
    // The logarithm of the density N(3; 0, 2.5).
    expect(one.logMarginalLikelihood().value).toBeCloseTo(
      -9 / 5 - Math.log(2.5) / 2 - Math.log(2 * Math.PI) / 2,
      12,
    );
  });

  it('has the posterior and the likelihood that Gaussian elimination gives', () => {
    for (const x of [
      [0.2, 0.3, 1],
      [0.9, 0.9, 2],
      [0.1, 0.9, 0],
    ]) {
      const { mean, variance } = process().predict(Float64Array.from(x));
      const expected = posterior(x);
      expect(mean).toBeCloseTo(expected.mean, 11);
      expect(variance).toBeCloseTo(expected.variance, 11);
      expect(process().mean(Float64Array.from(x))).toBe(mean);
    }
    const y = TARGETS.map((target) => target - 0.2);
    const K = INPUTS.map((a, i) =>
      INPUTS.map((b, j) => kernel(a, b, HYPER, CATEGORIES) + (i === j ? 0.05 : 0)),
    );
    const { x, logDet } = eliminate(K, y);
    const fit = y.reduce((sum, v, i) => sum + v * x[i], 0);
    expect(process().logMarginalLikelihood().value).toBeCloseTo(
      -fit / 2 - logDet / 2 - 2.5 * Math.log(2 * Math.PI),
      10,
    );
  });

  it('leave-one-out predicts as if the observation had never been made', () => {
    const left = process().leaveOneOut();
    INPUTS.forEach((x, i) => {
      const without = <T>(values: readonly T[]) => values.filter((_, j) => j !== i);
      expect(left[i]).toBeCloseTo(posterior(x, without(INPUTS), without(TARGETS)).mean, 10);
    });
  });

  it('has the gradient of the likelihood that finite differences give', () => {
    const { gradient } = process().logMarginalLikelihood();
    const shifted = (index: number, by: number) => {
      const { variance, lengthScales: lengths, noise } = HYPER;
      const scaled = [variance, ...lengths, noise].map(
        (value, k) => value * Math.exp(k === index ? by : 0),
      );
      const [v, a, b, c, n] = scaled;
      return process({ variance: v, lengthScales: [a, b, c], noise: n }).logMarginalLikelihood()
        .value;
    };
    expect(gradient.length).toBe(5);
    gradient.forEach((analytic, index) => {
      const numeric = (shifted(index, 1e-5) - shifted(index, -1e-5)) / 2e-5;
      expect(Math.abs(numeric)).toBeGreaterThan(1e-3);
      expect(Math.abs(analytic - numeric)).toBeLessThan(1e-8 + 1e-6 * Math.abs(numeric));
    });
  });

  it('interpolates observations without noise, and returns to its mean far away', () => {
    const exact = process({ noise: 0 });
    INPUTS.forEach((x, i) => {
      const { mean, variance } = exact.predict(Float64Array.from(x));
      expect(mean).toBeCloseTo(TARGETS[i], 9);
      expect(variance).toBeLessThan(1e-9);
    });
    const { mean, variance } = exact.predict(Float64Array.of(50, 50, 7));
    expect(mean).toBeCloseTo(0.2, 9);
    expect(variance).toBeCloseTo(1.7, 9);
  });

  it.each<[string, () => unknown]>([
    ['at least one point, got 0', () => new GaussianProcess({ inputs: [], targets: [] }, HYPER)],
    ['5 targets, got 1', () => new GaussianProcess({ inputs: at(...INPUTS), targets: [1] }, HYPER)],
    [
      'points of 3 coordinates, one per length scale, got 2',
      () => new GaussianProcess({ inputs: at([1, 2]), targets: [1] }, HYPER),
    ],
    [
      'finite coordinates, got [1, NaN, 2]',
      () => new GaussianProcess({ inputs: at([1, NaN, 2]), targets: [1] }, HYPER),
    ],
    [
      'finite targets, got Infinity',
      () => new GaussianProcess({ inputs: at([1, 2, 3]), targets: [Infinity] }, HYPER),
    ],
    ['a variance above 0, got 0', () => process({ variance: 0 })],
    ['length scales above 0, got [1, -1, 1]', () => process({ lengthScales: [1, -1, 1] })],
    ['a noise of at least 0, got -1', () => process({ noise: -1 })],
    ['a finite mean, got NaN', () => process({ mean: NaN })],
  ])('expected %s', (message, run) => {
    expect(run).toThrow(`GaussianProcess: expected ${message}`);
  });

  it('reports a matrix that is not positive definite', () => {
    expect(() => cholesky({ size: 2, values: Float64Array.of(1, 2, 2, 1) })).toThrow(
      'cholesky: expected a positive definite matrix, got pivot -3 in row 1',
    );
  });
});

describe('fitGaussianProcess', () => {
  it('finds the coordinate that matters, and the noise, of an unknown function', async () => {
    const rng = new Rng(7);
    const inputs = Array.from({ length: 60 }, () => rng.uniforms(2));
    const targets = inputs.map(([x]) => 100 + 5 * Math.sin(6 * x) + 0.5 * rng.normal());
    const fitted = await fitGaussianProcess({ inputs, targets }, { rng });
    const { lengthScales: lengths, noise } = fitted.hyperparameters;
    expect(lengths[1]).toBeGreaterThan(5 * lengths[0]);
    expect(Math.sqrt(noise)).toBeGreaterThan(0.35);
    expect(Math.sqrt(noise)).toBeLessThan(0.65);
    for (const x of [0.1, 0.5, 0.9]) {
      expect(
        Math.abs(fitted.mean(Float64Array.of(x, 0.5)) - (100 + 5 * Math.sin(6 * x))),
      ).toBeLessThan(0.6);
    }
  });

  it('accepts equal targets, and a single target', async () => {
    const same = await fitGaussianProcess(
      { inputs: at([0], [1]), targets: [4, 4] },
      { rng: new Rng(0) },
    );
    expect(same.mean(Float64Array.of(0.5))).toBeCloseTo(4, 9);
    const one = await fitGaussianProcess({ inputs: at([0]), targets: [4] }, { rng: new Rng(0) });
    expect(one.mean(Float64Array.of(0.5))).toBeCloseTo(4, 9);
  });
});

describe('expectedImprovement', () => {
  it.each([
    [0.3, 1, 0],
    [2, 0.25, 1.5],
    [-1, 4, 0.5],
    [5, 0.5, 3],
    [0, 1, 6],
  ])('of N(%p, %p) below %p equals its integral', (mean, variance, best) => {
    const s = Math.sqrt(variance);
    const f = (y: number) =>
      ((best - y) * Math.exp(-((y - mean) ** 2) / (2 * variance))) / (s * Math.sqrt(2 * Math.PI));
    // Simpson's rule, starting 14 standard deviations below.
    const [from, steps] = [Math.min(mean, best) - 14 * s, 20000];
    const h = (best - from) / steps;
    let sum = f(from) + f(best);
    for (let k = 1; k < steps; k++) sum += (k % 2 === 1 ? 4 : 2) * f(from + k * h);
    const integral = (sum * h) / 3;
    expect(Math.abs(expectedImprovement({ mean, variance }, best) - integral)).toBeLessThan(
      2e-6 * integral,
    );
  });

  it('without variance is the improvement, or 0', () => {
    expect(expectedImprovement({ mean: 1, variance: 0 }, 3)).toBe(2);
    expect(expectedImprovement({ mean: 4, variance: 0 }, 3)).toBe(0);
  });
});
