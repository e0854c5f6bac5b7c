export * from './euclidean.ts';
export * from './softmaxCrossEntropy.ts';
