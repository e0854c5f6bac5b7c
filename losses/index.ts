export { BinaryCrossEntropy, type BinaryCrossEntropyOptions } from './binaryCrossEntropy.ts';
export { CosineDistance, type CosineDistanceOptions } from './cosineDistance.ts';
export { Dice, type DiceOptions } from './dice.ts';
export { Euclidean, type EuclideanOptions } from './euclidean.ts';
export { Focal, type FocalOptions } from './focal.ts';
export { Hinge, type HingeOptions } from './hinge.ts';
export { Huber, type HuberOptions } from './huber.ts';
export { KLDivergence, type KLDivergenceOptions } from './klDivergence.ts';
export { L1, type L1Options } from './l1.ts';
export {
  NegativeLogLikelihood,
  type NegativeLogLikelihoodOptions,
} from './negativeLogLikelihood.ts';
export { SoftmaxCrossEntropy, type SoftmaxCrossEntropyOptions } from './softmaxCrossEntropy.ts';
export type { LabelOptions } from './labels.ts';
