import type { Pset } from './grader/pset.ts';
import { backpropExample } from './backprop-example/pset.ts';
import { batchNorm } from './batch-norm/pset.ts';
import { contrastNorm } from './contrast-norm/pset.ts';
import { convolution } from './convolution/pset.ts';
import { dropout } from './dropout/pset.ts';
import { euclidean } from './euclidean/pset.ts';
import { linear } from './linear/pset.ts';
import { maxPooling } from './max-pooling/pset.ts';
import { pointwise } from './pointwise/pset.ts';
import { prelu } from './prelu/pset.ts';
import { softmax } from './softmax/pset.ts';

/** All problem sets, in the order in which the lecture treats their subjects. */
export const psets: readonly Pset[] = [
  linear,
  pointwise,
  euclidean,
  backpropExample,
  convolution,
  maxPooling,
  softmax,
  batchNorm,
  prelu,
  contrastNorm,
  dropout,
];
