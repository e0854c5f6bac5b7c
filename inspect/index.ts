/**
 * boxprop/inspect: the size of a network, checks of its training, and the inputs to which its units
 * respond.
 */
export {
  summarize,
  type Summary,
  type SummaryOptions,
  type SummaryRow,
  type Unknown,
} from './summary/summarize.ts';
export { drawSummary } from './summary/drawSummary.ts';
export { diagnose } from './doctor/diagnose.ts';
export type { Diagnostic, DiagnosticContext, Severity } from './doctor/diagnostic.ts';
export { foldBatchNorm, type Folded } from './foldBatchNorm.ts';
export { layersOf, withoutLayers, type Layer, type WithoutLayersOptions } from './withoutLayers.ts';
export { costGradient, inputGradient } from './inputGradient.ts';
export { saliency, type SaliencyOptions } from './saliency.ts';
export { projectUnit, type ProjectUnitOptions } from './projectUnit.ts';
export { occlusion, type OcclusionMap, type OcclusionOptions } from './occlusion.ts';
export { fastGradientSign, type FastGradientSignOptions } from './fastGradientSign.ts';
export {
  closestAdversarial,
  type AdversarialTry,
  type ClosestAdversarialOptions,
} from './closestAdversarial.ts';
export { imagine, type ImagineOptions } from './imagine.ts';
export {
  evolveImages,
  type Champion,
  type EvolveImagesOptions,
  type Generation,
} from './evolve/evolveImages.ts';
export type { ImageEncoding } from './evolve/encoding.ts';
export { directEncoding } from './evolve/directEncoding.ts';
export { cppnEncoding } from './evolve/cppnEncoding.ts';
export type { Cppn, CppnConnection, CppnFunction } from './evolve/cppn.ts';
export type { TopPatch } from './cutOut.ts';
export { Trace, type Span, type UnknownWindow } from './trace.ts';
export { topPatches, type TopPatchesOptions, type UnitPatches } from './topPatches.ts';
export { occludePatches, type OccludePatchesOptions } from './occludePatches.ts';
export {
  invariance,
  type BoxInvariance,
  type Change,
  type InvarianceOptions,
} from './invariance.ts';
export {
  effectiveField,
  type EffectiveField,
  type EffectiveFieldOptions,
} from './effectiveField.ts';
export { fitGabor, type GaborFit } from './fitGabor.ts';
export { fourierAmplitudes } from './gabor/fourierAmplitudes.ts';
export { gaborAmplitude } from './gabor/gaborAmplitude.ts';
export { gaborTuning, type GaborTuning } from './gabor/gaborTuning.ts';
export { chiSquaredTail } from './gabor/chiSquaredTail.ts';
export { weightNoise } from './gabor/weightNoise.ts';
export { residualTest, type ResidualTest, type ResidualTestOptions } from './gabor/residualTest.ts';
export { lbfgs, type LbfgsOptions, type Objective } from './lbfgs.ts';
export { BoxOutputs, type ObservedBox } from './boxOutputs.ts';
export { linearCka, type LinearCkaOptions } from './similarity/linearCka.ts';
export type { HsicEstimator } from './similarity/hsic.ts';
export { MinibatchCka } from './similarity/minibatchCka.ts';
export { dissimilarities, representationalSimilarity } from './similarity/dissimilarity.ts';
export { UnitMatcher, type UnitMatch, type UnitMatcherOptions } from './similarity/unitMatcher.ts';
export {
  compareNetworks,
  type BoxMatch,
  type ComparedNetwork,
  type CompareOptions,
  type Comparison,
} from './similarity/compareNetworks.ts';
export {
  probeNetwork,
  type BoxProbe,
  type ProbeData,
  type ProbedClassifier,
  type ProbeOptions,
  type ProbeResult,
} from './probe/probeNetwork.ts';
