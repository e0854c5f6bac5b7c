import type { Pset } from '../lib/psets/pset.ts';
import { convolution } from './convolution/pset.ts';
import { maxPooling } from './max-pooling/pset.ts';

export const psets: readonly Pset[] = [convolution, maxPooling];
