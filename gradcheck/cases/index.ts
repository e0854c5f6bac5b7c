import type { Cases } from '../case.ts';
import { cases as containers } from './containers.ts';
import { cases as convolution } from './convolution.ts';
import { cases as costs } from './costs.ts';
import { cases as dropout } from './dropout.ts';
import { cases as historic } from './historic.ts';
import { cases as linear } from './linear.ts';
import { cases as merging } from './merging.ts';
import { cases as normalization } from './normalization.ts';
import { cases as pointwise } from './pointwise.ts';
import { cases as pooling } from './pooling.ts';
import { cases as shape } from './shape.ts';

/** The random cases of every box and cost, by name. */
export const cases: Cases = {
  ...linear,
  ...pointwise,
  ...dropout,
  ...convolution,
  ...pooling,
  ...shape,
  ...normalization,
  ...historic,
  ...merging,
  ...containers,
  ...costs,
};
