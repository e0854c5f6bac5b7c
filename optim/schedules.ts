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
