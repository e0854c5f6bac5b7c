/** boxprop/formats: weights and networks as bytes. Files are in boxprop/node. */
export { decodeSafetensors, encodeSafetensors } from './safetensors/safetensors.ts';
export { torchLayout } from './torch/torchLayout.ts';
export { toOnnx, type OnnxOptions } from './onnx/toOnnx.ts';
export { encodeModel as encodeOnnx, type OnnxModel } from './onnx/proto.ts';
