import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';

/** Returns the learning rate of a step. Steps are counted from 0. */
export interface Schedule {
  (step: number): number;
}

/** Throws an error in the name of a schedule if a number is not finite or is below 0. */
function checkSetting(schedule: string, what: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new InputError(
    `${schedule}: expected ${what} to be a number of at least 0, got ${show(value)}`,
  );
}

/** Throws if a number of steps is invalid as a divisor in a schedule. */
function checkSteps(schedule: string, what: string, steps: number): void {
  if (Number.isFinite(steps) && steps > 0) return;
  throw new InputError(`${schedule}: expected ${what} to be a number above 0, got ${show(steps)}`);
}

/**
 * A constant learning rate, `rate`.
 *
 *     const schedule = constantRate(0.1);
 *     await new Trainer({ ...options, schedule }).run();
 */
export const constantRate = (rate: number): Schedule => {
  checkSetting('constantRate', 'the rate', rate);
  return () => rate;
};

/** The options of `inverseRate`. */
export interface InverseRateOptions {
  /** The decay γ per step; 1e-4 by default. */
  readonly gamma?: number;
  /** The exponent p; 0.75 by default. */
  readonly power?: number;
}

/**
 * The learning rate ε (1 + γ t)^−p at step t, where ε is `rate`.
 *
 * Source: Caffe's `inv` policy; its LeNet has ε = 0.01, γ = 1e-4, p = 0.75.
 *
 *     const schedule = inverseRate(0.01);
 *     [schedule(0), schedule(10_000)]; // [0.01, 0.0059]
 */
export const inverseRate = (rate: number, options: InverseRateOptions = {}): Schedule => {
  checkOptions('inverseRate', options, ['gamma', 'power']);
  const { gamma = 1e-4, power = 0.75 } = options;
  checkSetting('inverseRate', 'the rate', rate);
  checkSetting('inverseRate', 'gamma', gamma);
  checkSetting('inverseRate', 'power', power);
  return (step) => rate * (1 + gamma * step) ** -power;
};

/**
 * The learning rate ε (1 + cos(π t/T)) / 2 at step t: half a cosine wave, from ε = `rate` at step 0
 * to 0 at step T = `steps`. After step T the rate remains 0.
 *
 * Source: Loshchilov & Hutter 2017.
 *
 *     const schedule = cosineRate(0.1, 1000);
 *     [schedule(0), schedule(500), schedule(1000)]; // [0.1, 0.05, 0]
 */
export const cosineRate = (rate: number, steps: number): Schedule => {
  checkSetting('cosineRate', 'the rate', rate);
  checkSteps('cosineRate', 'steps', steps);
  return (step) => (rate * (1 + Math.cos(Math.PI * Math.min(step / steps, 1)))) / 2;
};

/** The options of `stepRate`. */
export interface StepRateOptions {
  /** T, the number of steps between two reductions. */
  readonly every: number;
  /** γ, the factor by which each reduction multiplies the rate; 0.1 by default. */
  readonly gamma?: number;
}

/**
 * The learning rate ε γ^⌊t/T⌋ at step t: it starts at ε = `rate` and is multiplied by γ every T
 * steps.
 *
 *     const schedule = stepRate(0.1, { every: 1000 });
 *     [schedule(999), schedule(1000)]; // [0.1, 0.01]
 */
export const stepRate = (rate: number, options: StepRateOptions): Schedule => {
  checkOptions('stepRate', options, ['every', 'gamma']);
  const { every, gamma = 0.1 } = options;
  checkSetting('stepRate', 'the rate', rate);
  checkSteps('stepRate', 'every', every);
  checkSetting('stepRate', 'gamma', gamma);
  return (step) => rate * gamma ** Math.floor(step / every);
};

/**
 * The learning rate ε γ^t at step t, where ε is `rate` and γ is `gamma`.
 *
 *     const schedule = exponentialRate(0.1, 0.999);
 *     [schedule(0), schedule(1000)]; // [0.1, 0.037]
 */
export const exponentialRate = (rate: number, gamma: number): Schedule => {
  checkSetting('exponentialRate', 'the rate', rate);
  checkSetting('exponentialRate', 'gamma', gamma);
  return (step) => rate * gamma ** step;
};

/** The options of `polynomialRate`. */
export interface PolynomialRateOptions {
  /** p, the exponent; 1 by default, which is a straight line. */
  readonly power?: number;
}

/**
 * The learning rate ε (1 − t/T)^p at step t: it falls from ε = `rate` at step 0 to 0 at step
 * T = `steps`. After step T the rate remains 0.
 *
 * Source: Chen et al. 2016, arXiv:1606.00915, with p = 0.9; PyTorch's `PolynomialLR`.
 *
 *     const schedule = polynomialRate(0.1, 1000, { power: 2 });
 *     [schedule(0), schedule(500), schedule(1000)]; // [0.1, 0.025, 0]
 */
export const polynomialRate = (
  rate: number,
  steps: number,
  options: PolynomialRateOptions = {},
): Schedule => {
  checkOptions('polynomialRate', options, ['power']);
  const { power = 1 } = options;
  checkSetting('polynomialRate', 'the rate', rate);
  checkSteps('polynomialRate', 'steps', steps);
  checkSteps('polynomialRate', 'power', power);
  return (step) => rate * Math.max(1 - step / steps, 0) ** power;
};

/** The options of `oneCycleRate`. */
export interface OneCycleRateOptions {
  /** r, the fraction of the steps in which the rate rises, between 0 and 1; 0.3 by default. */
  readonly rise?: number;
  /** The curve between two rates: half a cosine wave or a line; 'cosine' by default. */
  readonly anneal?: 'cosine' | 'linear';
  /** The largest rate divided by the first one; 25 by default. */
  readonly startFactor?: number;
  /** The first rate divided by the last one; 10,000 by default. */
  readonly endFactor?: number;
  /**
   * Whether the rate falls to the first one, as fast as it rose, before it falls to the last one;
   * false by default.
   */
  readonly threePhases?: boolean;
}

/**
 * One cycle of the learning rate in T = `steps` steps, with the largest rate ε = `rate`:
 *
 *   step 0            ε / startFactor
 *   step r T − 1      ε
 *   step 2 r T − 2    ε / startFactor, with `threePhases` only
 *   step T − 1        ε / (startFactor · endFactor), and at all later steps
 *
 * Between two of these steps, a part x from 0 to 1 of the way from a to b gives
 * b + (a − b) (1 + cos π x)/2, or for 'linear' a + (b − a) x.
 *
 * Source: Smith & Topin 2017, arXiv:1708.07120; PyTorch's `OneCycleLR`, but the momentum stays the
 *         same.
 *
 *     const schedule = oneCycleRate(0.1, 1000);
 *     [schedule(0), schedule(299), schedule(999)]; // [0.004, 0.1, 4e-7]
 */
export const oneCycleRate = (
  rate: number,
  steps: number,
  options: OneCycleRateOptions = {},
): Schedule => {
  checkOptions('oneCycleRate', options, [
    'rise',
    'anneal',
    'startFactor',
    'endFactor',
    'threePhases',
  ]);
  const { rise = 0.3, anneal = 'cosine', startFactor = 25, endFactor = 1e4 } = options;
  const { threePhases = false } = options;
  checkSetting('oneCycleRate', 'the rate', rate);
  checkSteps('oneCycleRate', 'steps', steps);
  checkSteps('oneCycleRate', 'startFactor', startFactor);
  checkSteps('oneCycleRate', 'endFactor', endFactor);
  const most = threePhases ? 0.5 : 1;
  if (!(typeof rise === 'number' && rise > 0 && rise < most)) {
    throw new InputError(
      `oneCycleRate: expected rise to be a number between 0 and ${most}, got ${show(rise)}`,
    );
  }
  if (!['cosine', 'linear'].includes(anneal)) {
    throw new InputError(
      `oneCycleRate: expected anneal to be one of "cosine", "linear", got ${show(anneal)}`,
    );
  }
  const first = rate / startFactor;
  const points = [
    { step: 0, value: first },
    { step: rise * steps - 1, value: rate },
    ...(threePhases ? [{ step: 2 * rise * steps - 2, value: first }] : []),
    { step: steps - 1, value: first / endFactor },
  ];
  return (step) => {
    const next = points.findIndex((point, k) => k > 0 && step <= point.step);
    if (next < 0) return first / endFactor;
    const [from, to] = [points[next - 1], points[next]];
    const x = to.step > from.step ? (step - from.step) / (to.step - from.step) : 1;
    return anneal === 'linear'
      ? from.value + (to.value - from.value) * x
      : to.value + ((from.value - to.value) * (1 + Math.cos(Math.PI * x))) / 2;
  };
};

/**
 * Multiplies another schedule by min((t + 1)/T, 1), so that its rate is reached linearly in
 * T = `steps` steps.
 *
 * Source: Goyal et al. 2017.
 *
 *     const schedule = warmUp(cosineRate(0.1, 10_000), 500);
 *     schedule(0); // 0.0002
 */
export const warmUp = (schedule: Schedule, steps: number): Schedule => {
  if (typeof schedule !== 'function') {
    throw new InputError(`warmUp: expected a schedule, such as cosineRate, got ${show(schedule)}`);
  }
  checkSetting('warmUp', 'steps', steps);
  return (step) => schedule(step) * Math.min((step + 1) / steps, 1);
};
