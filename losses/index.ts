export * from './euclidean.ts';
export * from './softmaxCrossEntropy.ts';
export * from './negativeLogLikelihood.ts';
export * from './l1.ts';
export * from './huber.ts';
export * from './hinge.ts';
export * from './binaryCrossEntropy.ts';
