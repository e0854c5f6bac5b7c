export { BinaryCrossEntropy, type BinaryCrossEntropyOptions } from './binaryCrossEntropy.ts';
export { Euclidean, type EuclideanOptions } from './euclidean.ts';
export { Hinge, type HingeOptions } from './hinge.ts';
export { Huber, type HuberOptions } from './huber.ts';
export { L1, type L1Options } from './l1.ts';
export {
  NegativeLogLikelihood,
  type NegativeLogLikelihoodOptions,
} from './negativeLogLikelihood.ts';
export { SoftmaxCrossEntropy, type SoftmaxCrossEntropyOptions } from './softmaxCrossEntropy.ts';
export type { LabelOptions } from './labels.ts';
