export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.ts';
export { ReduceOnPlateau, type ReduceOnPlateauOptions } from '../optim/reduceOnPlateau.ts';
export {
  constantRate,
  cosineRate,
  exponentialRate,
  inverseRate,
  stepRate,
  warmUp,
  type Schedule,
} from '../optim/schedules.ts';
export { trainStep, type Optimizer, type StepContext } from './trainStep.ts';
export {
  Trainer,
  type EpochEvent,
  type TrainingProgress,
  type StepEvent,
  type TrainerOptions,
  type TrainResult,
} from './trainer.ts';
export type { LayerStats } from './layerStats.ts';
