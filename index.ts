/** boxprop: boxes with a hand-written forward, backprop to the input and backprop to the parameters. */
export * from './modules/index.ts';
export * from './losses/index.ts';
export * from './optim/index.ts';
export {
  Module,
  type Gradients,
  type Context,
  type ForwardResult,
  type Grads,
  type Params,
} from './lib/module.ts';
export { Cost, type Reduction } from './lib/cost.ts';
export {
  useBackend,
  withBackend,
  type BackendName,
  type BackendOptions,
  type WasmFile,
} from './lib/backend/useBackend.ts';
export { BoxError, BoxpropError, InputError } from './lib/errors.ts';
export { Rng, type RngState } from './lib/rng.ts';
export * as init from './lib/init/initializers.ts';
export { constant, scalar } from './lib/constant.ts';
export { disposeTensors } from './lib/memory.ts';
export { checkGradOutput, checkInput, checkTensor } from './lib/check.ts';
export { ArrayDataset, type Batch, type Dataset } from './data/dataset.ts';
export { augment, flip, shift, type Augmentation } from './data/augment.ts';
export { elastic, type ElasticOptions } from './data/elastic.ts';
export { crop } from './data/crop.ts';
export { split, subset } from './data/split.ts';
export { folds, stratifiedSplit } from './data/stratify.ts';
export { channelStatistics, standardization, type ChannelStatistics } from './data/standardize.ts';
export { mapInputs } from './data/mapInputs.ts';
export { batches, shuffledBatches } from './data/batches.ts';
export { parseIdx } from './data/idx.ts';
export { decodeSafetensors, encodeSafetensors } from './formats/safetensors/safetensors.ts';
export * from './train/index.ts';
export { finalizeBatchNorm, type InputBatches } from './train/finalizeBatchNorm.ts';
export * from './models/index.ts';
export * from './models/torchvision/index.ts';
export { alexnetWithout, type AlexnetLayer } from './models/alexnetWithout.ts';
export {
  summarize,
  type Summary,
  type SummaryOptions,
  type SummaryRow,
} from './inspect/summary/summarize.ts';
export { drawSummary } from './inspect/summary/drawSummary.ts';
export type { PixelImage } from './data/image.ts';
export { resizeImage } from './data/resizeImage.ts';
export { preprocess, PREPROCESSINGS, type Preprocessing } from './data/preprocess.ts';
export { torchLayout } from './formats/torch/torchLayout.ts';
export { torchvisionLayout } from './models/torchvision/layout.ts';
export { toOnnx, type OnnxOptions } from './formats/onnx/toOnnx.ts';
export { encodeModel as encodeOnnx, type OnnxModel } from './formats/onnx/proto.ts';
export { costGradient, inputGradient } from './inspect/inputGradient.ts';
export { closestAdversarial } from './inspect/closestAdversarial.ts';
export { imagine, type ImagineOptions } from './inspect/imagine.ts';
export { fitGabor, type GaborFit } from './inspect/fitGabor.ts';
export { gabor, type Gabor } from './lib/init/gabor.ts';
export { gaborBank } from './lib/init/gaborBank.ts';
export { lbfgs, type LbfgsOptions, type Objective } from './inspect/lbfgs.ts';
export { fastGradientSign } from './inspect/fastGradientSign.ts';
export { occlusion, type OcclusionMap, type OcclusionOptions } from './inspect/occlusion.ts';
export { saliency } from './inspect/saliency.ts';
export {
  topPatches,
  type TopPatch,
  type TopPatchesOptions,
  type UnitPatches,
} from './inspect/topPatches.ts';
export {
  search,
  type SearchHistory,
  type SearchOptions,
  type SearchTask,
} from './search/search.ts';
export type { FoldResult, Trial } from './search/trial.ts';
export { gridPoints, randomPoints } from './search/points.ts';
export type { ChoiceDimension, Dimension, Point, RangeDimension, Space } from './search/space.ts';
export {
  GaussianProcess,
  type Hyperparameters,
  type Observations,
  type Prediction,
} from './search/gaussianProcess.ts';
export { fitGaussianProcess } from './search/fitGaussianProcess.ts';
export { expectedImprovement } from './search/expectedImprovement.ts';
export { sobolIndices, type SobolIndices } from './search/importance.ts';
export { diagnose } from './inspect/doctor/diagnose.ts';
export type { Diagnostic, DiagnosticContext, Severity } from './inspect/doctor/diagnostic.ts';
