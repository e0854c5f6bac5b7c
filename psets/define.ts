/**
 * The functions and types for a problem set of one's own:
 * `import { definePset } from 'boxprop/psets'`.
 */
export { definePset, type PsetOptions } from './define/definePset.ts';
export type { Derivation, Trace as PsetTrace } from './grader/derivation.ts';
export {
  decimalRows,
  decimals,
  type Args,
  type Case as PsetCase,
  type ExtremeCase,
  type Mistake,
  type Parameter,
  type Property,
  type Pset,
  type Solve,
  type Task,
  type Value as PsetValue,
} from './grader/pset.ts';
