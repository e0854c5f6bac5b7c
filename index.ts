/** boxprop: boxes with a hand-written forward, backprop to the input and backprop to the parameters. */
export * from './modules/index.ts';
export * from './losses/index.ts';
export * from './optim/index.ts';
export { Module, type Backward, type Context, type Forward, type Grads, type Params } from './lib/module.ts';
export { Cost, type Reduction } from './lib/cost.ts';
export {
  useBackend,
  withBackend,
  type BackendName,
  type BackendOptions,
  type WasmFile,
} from './lib/backend.ts';
export { BoxError, InputError } from './lib/errors.ts';
export { Rng, type RngState } from './lib/rng.ts';
export * as init from './lib/init.ts';
export { constant, scalar } from './lib/kernels/constant.ts';
export { release } from './lib/memory.ts';
export { checkGradOutput, checkInput, checkTensor } from './lib/check.ts';
export { ArrayDataset, type Batch, type Dataset } from './lib/data/dataset.ts';
export { augment, flip, shift, type Augmentation } from './lib/data/augment.ts';
export { elastic, type ElasticOptions } from './lib/data/elastic.ts';
export { crop } from './lib/data/crop.ts';
export { split, subset } from './lib/data/split.ts';
export { folds, stratifiedSplit } from './lib/data/stratify.ts';
export { channelStatistics, standardization, type ChannelStatistics } from './lib/data/standardize.ts';
export { through } from './lib/data/through.ts';
export { batches, shuffledBatches } from './lib/data/batches.ts';
export { parseIdx } from './lib/data/idx.ts';
export { decodeSafetensors, encodeSafetensors } from './lib/io/safetensors.ts';
export * from './lib/train/index.ts';
export { finalizeBatchNorm, type InputBatches } from './lib/finalizeBatchNorm.ts';
export * from './models/index.ts';
export * from './models/torchvision/index.ts';
export { alexnetWithout, type AlexnetLayer } from './models/alexnetWithout.ts';
export { summarize, type Summary, type SummaryOptions, type SummaryRow } from './lib/summary/summarize.ts';
export { drawSummary } from './lib/summary/drawSummary.ts';
export type { Image } from './lib/data/image.ts';
export { resizeImage } from './lib/data/resizeImage.ts';
export { preprocess, PREPROCESSINGS, type Preprocessing } from './lib/data/preprocess.ts';
export { torchLayout } from './lib/io/torchLayout.ts';
export { torchvisionLayout } from './lib/io/torchvision.ts';
export { toOnnx, type OnnxOptions } from './lib/io/onnx/toOnnx.ts';
export { encodeModel as encodeOnnx, type OnnxModel } from './lib/io/onnx/proto.ts';
export { costGradient, inputGradient } from './lib/inspect/inputGradient.ts';
export { closestAdversarial } from './lib/inspect/closestAdversarial.ts';
export { imagine, type ImagineOptions } from './lib/inspect/imagine.ts';
export { fitGabor, type GaborFit } from './lib/inspect/fitGabor.ts';
export { gabor, type Gabor } from './lib/inspect/gabor.ts';
export { gaborBank } from './lib/gaborBank.ts';
export { lbfgs, type LbfgsOptions, type Objective } from './lib/inspect/lbfgs.ts';
export { fastGradientSign } from './lib/inspect/fastGradientSign.ts';
export { occlusion, type OcclusionMap, type OcclusionOptions } from './lib/inspect/occlusion.ts';
export { saliency } from './lib/inspect/saliency.ts';
export {
  topPatches,
  type TopPatch,
  type TopPatchesOptions,
  type UnitPatches,
} from './lib/inspect/topPatches.ts';
export { search, type Earlier, type SearchOptions, type Task as SearchTask } from './lib/search/search.ts';
export type { FoldResult, Trial } from './lib/search/trial.ts';
export { gridPoints, randomPoints } from './lib/search/points.ts';
export type { Choices, Dimension, Point, Range, Space } from './lib/search/space.ts';
export {
  GaussianProcess,
  type Hyperparameters,
  type Observations,
  type Prediction,
} from './lib/search/gaussianProcess.ts';
export { fitGaussianProcess } from './lib/search/fitGaussianProcess.ts';
export { expectedImprovement } from './lib/search/expectedImprovement.ts';
export { varianceShares, type Share as VarianceShare } from './lib/search/importance.ts';
export { examine } from './lib/doctor/examine.ts';
export type { Finding, Patient, Verdict } from './lib/doctor/finding.ts';
