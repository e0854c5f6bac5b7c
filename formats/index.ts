/**
 * boxprop/formats: weights and networks as bytes, and weights from a URL. The functions that take
 * file paths are in boxprop/node.
 */
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsTensor,
} from './safetensors/safetensors.ts';
export { loadWeights } from './safetensors/loadWeights.ts';
export { openWeights, type WeightsSource } from './openWeights.ts';
export type { TensorFile, TensorInfo, UsePart } from './tensorFile.ts';
export type { Dtype, SafetensorsData } from './safetensors/dtypes.ts';
export { onnxExporter, type OnnxExporter } from './onnx/exporter.ts';
export type {
  Given as OnnxOutput,
  OnnxGraph,
  Value as OnnxInput,
  WriteOnnx,
} from './onnx/graph.ts';
export { loadOnnx } from './onnx/loadOnnx.ts';
export type {
  LoadOnnxOptions,
  OnnxImporter,
  OnnxImportNode,
  OnnxNetwork,
} from './onnx/import/importOnnx.ts';
export type { NewHead as OnnxNewHead } from './onnx/import/newHead.ts';
export type { FileAttribute as OnnxFileAttribute } from './onnx/openOnnx.ts';
export type {
  FileTensor as OnnxFileTensor,
  ReadValues as OnnxReadValues,
} from './onnx/fileTensor.ts';
export { torchBox, type Store, type StoredForm, type TorchBox } from './torch/torchBoxes.ts';
export type { BoxClass, BoxTable } from './boxTable.ts';
export type { Entry as SafetensorsEntry } from './safetensors/safetensorsHeader.ts';
export type { Stored } from './safetensors/layout.ts';
export { torchLayout, type Rename, type TorchLayoutOptions } from './torch/torchLayout.ts';
export { toOnnx, type OnnxOptions } from './onnx/toOnnx.ts';
export {
  encodeModel as encodeOnnx,
  type Attribute as OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx/proto.ts';
