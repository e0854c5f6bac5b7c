export { SGD, type SGDOptions } from './sgd.ts';
export { Adagrad, type AdagradOptions } from './adagrad.ts';
export { RMSProp, type RMSPropOptions } from './rmsprop.ts';
export { Adam, type AdamOptions } from './adam.ts';
export { AdamW, type AdamWOptions } from './adamw.ts';
export type { OptimizerOptions, ParamOptimizer, ParamStep } from './paramOptimizer.ts';
export type { OptimizerState, OptimizerWithState } from './state.ts';
export { withoutDecay, type ParamGroup } from './groups.ts';
export { clipByNorm, clipByValue, withGradientClipping, type GradientClipping } from './clip.ts';
export {
  constantRate,
  cosineRate,
  exponentialRate,
  inverseRate,
  oneCycleRate,
  polynomialRate,
  stepRate,
  warmUp,
  type InverseRateOptions,
  type OneCycleRateOptions,
  type PolynomialRateOptions,
  type Schedule,
  type StepRateOptions,
} from './schedules.ts';
export {
  ReduceOnPlateau,
  type MetricScheduler,
  type ReduceOnPlateauOptions,
} from './reduceOnPlateau.ts';
