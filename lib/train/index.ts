export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.ts';
export { fit, type EpochEvent, type FitOptions, type FitResult, type StepEvent } from './fit.ts';
export { constantRate, cosineRate, inverseRate, type Schedule } from './schedules.ts';
export { trainStep, type Optimizer, type StepContext } from './trainStep.ts';
