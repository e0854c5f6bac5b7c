/** The learning rate of each step, counted from 0. */
export interface Schedule {
  (step: number): number;
}

/** The same rate for all steps. */
export const constantRate =
  (rate: number): Schedule =>
  () =>
    rate;

/** ε (1 + γ t)^−p at step t. Source: Caffe's `inv` policy; its LeNet has ε = 0.01, γ = 1e-4, p = 0.75. */
export const inverseRate =
  (rate: number, gamma = 1e-4, power = 0.75): Schedule =>
  (step) =>
    rate * (1 + gamma * step) ** -power;

/** Half a wave of the cosine, from ε at step 0 to 0 at step T: ε (1 + cos(π t/T)) / 2. Source: Loshchilov & Hutter 2017. */
export const cosineRate =
  (rate: number, steps: number): Schedule =>
  (step) =>
    (rate * (1 + Math.cos(Math.PI * Math.min(step / steps, 1)))) / 2;

/** ε γ^⌊t/T⌋: multiplied by γ every T steps. */
export const stepRate =
  (rate: number, every: number, gamma = 0.1): Schedule =>
  (step) =>
    rate * gamma ** Math.floor(step / every);

/** ε γ^t at step t. */
export const exponentialRate =
  (rate: number, gamma: number): Schedule =>
  (step) =>
    rate * gamma ** step;

/** Rises to another schedule in T steps, along a line: its rate times min((t + 1)/T, 1). Source: Goyal et al. 2017. */
export const warmUp =
  (schedule: Schedule, steps: number): Schedule =>
  (step) =>
    schedule(step) * Math.min((step + 1) / steps, 1);
