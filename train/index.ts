/** boxprop/train: the training step, the training loop, and the metrics. */
export { trainStep, type Optimizer, type TrainStepOptions } from './trainStep.ts';
export {
  Trainer,
  type EpochEvent,
  type EvaluationOf,
  type StepEvent,
  type TrainerOptions,
  type TrainingData,
  type TrainingProgress,
  type TrainMetrics,
  type TrainResult,
} from './trainer.ts';
export { freeze, type FrozenPaths } from './freeze.ts';
export type { LayerStats } from './layerStats.ts';
export {
  evaluate,
  type EvaluateOptions,
  type Evaluation,
  type TargetEvaluateOptions,
  type TargetEvaluation,
} from './evaluate.ts';
export type { TargetMetricValues } from './targetMetrics.ts';
export { WeightAverage, type WeightAverageOptions } from './weightAverage.ts';
export { GradientExchange, type RankStep, type WholeStep } from './gradientExchange.ts';
export type { WholeBatch } from './wholeBatch.ts';
export { compileStep, type CompiledStep } from './compileStep.ts';
export {
  stepCompiler,
  type StepCompiler,
  type StepCompilerOptions,
} from '../lib/kernels/graph/stepCompiler.ts';
export { finalizeBatchNorm, type InputBatches } from './finalizeBatchNorm.ts';
export { serveTraining, type TrainingHooks } from './serveTraining.ts';
export { trainInWorker, type TrainInWorkerOptions } from './trainInWorker.ts';
export type { TrainingHost } from './workerMessages.ts';
