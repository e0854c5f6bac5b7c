import type { Pset } from '../lib/psets/pset.ts';
import { batchNorm } from './batch-norm/pset.ts';
import { convolution } from './convolution/pset.ts';
import { linear } from './linear/pset.ts';
import { maxPooling } from './max-pooling/pset.ts';
import { prelu } from './prelu/pset.ts';
import { softmax } from './softmax/pset.ts';

export const psets: readonly Pset[] = [convolution, maxPooling, linear, softmax, batchNorm, prelu];
