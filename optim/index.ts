export { Adagrad, type AdagradOptions } from './adagrad.ts';
export { Adam, type AdamOptions } from './adam.ts';
export { AdamW, type AdamWOptions } from './adamw.ts';
export { clipByNorm, clipByValue, withGradientClipping, type GradientClipping } from './clip.ts';
export { withoutDecay, type ParamGroup } from './groups.ts';
export { RMSProp, type RMSPropOptions } from './rmsprop.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export type { OptimizerState } from './state.ts';
