/** boxprop/search: search for the best hyper-parameters. */
export {
  search,
  type Elsewhere,
  type SearchHistory,
  type SearchOptions,
  type SearchTask,
} from './search.ts';
export type { FoldResult, Trial } from './trial.ts';
export { gridPoints, randomPoints } from './points.ts';
export type { ChoiceDimension, Dimension, Point, RangeDimension, Space, Value } from './space.ts';
export {
  GaussianProcess,
  type Hyperparameters,
  type Observations,
  type Prediction as GaussianPrediction,
} from './gaussianProcess.ts';
export type { Coordinates } from './matern.ts';
export { fitGaussianProcess, type FitGaussianProcessOptions } from './fitGaussianProcess.ts';
export { expectedImprovement } from './expectedImprovement.ts';
export { sobolIndices, type SobolIndices, type SobolOptions } from './importance.ts';
