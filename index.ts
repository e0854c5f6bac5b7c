/**
 * boxprop: boxes with a hand-written forward, backprop to the input and backprop to the parameters.
 * Training, data, networks and tools have entries of their own: boxprop/train, boxprop/data, ...
 */
export * from './modules/index.ts';
export * from './losses/index.ts';
export * from './optim/index.ts';
export {
  Module,
  type AnyModule,
  type Carried,
  type CarriedValues,
  type Context,
  type ForwardResult,
  type FrozenRunner,
  type Gradients,
  type GradVisitor,
  type Grads,
  type NamedModule,
  type Needs,
  type Params,
  type Traversal,
} from './lib/module.ts';
export type { ProjectionRule } from './lib/projectionRule.ts';
export type { ChannelMap } from './lib/channelMap.ts';
export type { NestedArray, Prediction } from './lib/predict.ts';
export { Container, type Back, type Routed, type Run } from './lib/container.ts';
export type {
  AxisWindow,
  Dependency,
  Facts,
  Interval,
  PositionWindow,
  Shape,
  InputWindow,
} from './lib/facts.ts';
export type { Axis, ConvPadding, Geometry, Padding, Padding1D } from './lib/geometry.ts';
export type { PaddingMode, Pair, Sides } from './lib/geometry.ts';
export type { Padding3D, Three, Triple } from './lib/volume.ts';
export type { Gaussian, GaussianOptions } from './lib/gaussian.ts';
export { Cost, type Reduction } from './lib/cost.ts';
export {
  useBackend,
  withBackend,
  type BackendName,
  type BackendOptions,
  type SimdChoice,
  type WasmFile,
} from './lib/backend/useBackend.ts';
export { BoxError, BoxpropError, InputError } from './lib/errors.ts';
export {
  GroupError,
  GroupStopped,
  shareOf,
  soloGroup,
  type Group,
  type GroupValues,
  type PendingSum,
  type Share,
} from './lib/group.ts';
export { Rng, type RngState } from './lib/rng.ts';
export * as init from './lib/init/initializers.ts';
export { gabor, type Gabor } from './lib/init/gabor.ts';
export { gaborBank, type GaborBankOptions } from './lib/init/gaborBank.ts';
export { constant, scalar, type Scalars } from './lib/constant.ts';
export { disposeTensors } from './lib/memory.ts';
export {
  checkGradOutput,
  checkInput,
  checkOptions,
  checkShape,
  checkTensor,
  isTraining,
  type ShapePattern,
} from './lib/check.ts';
export { share, total } from './lib/gradSum.ts';
export {
  allPositions,
  groupedChannels,
  perPosition,
  poolFacts,
  samePosition,
  sameShape,
  slidingAxis,
} from './lib/window.ts';
