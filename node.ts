/** boxprop/node: everything that needs a file system. */
export { loadCifar, type Cifar } from './data/cifar.ts';
export { loadCsv, type CsvOptions } from './data/csv.ts';
export { loadCsvTargets, type CsvTargets, type CsvTargetsOptions } from './data/csvTargets.ts';
export { loadImageFolder, type ImageFolderOptions } from './data/imageFolder.ts';
export {
  loadImageTargets,
  type ImageTargets,
  type ImageTargetsOptions,
} from './data/imageTargets.ts';
export { loadMnist, type Mnist, type MnistOptions } from './data/mnist.ts';
export { decodeImage, loadImage } from './data/image.ts';
export {
  loadTrainedNetwork,
  type TrainedNetwork,
  type TrainedNetworkOptions,
  type WeightsHeader,
} from './models/loadTrainedNetwork.ts';
export { joinGroup } from './lib/mpi/joinGroup.ts';
export { loadOnnx } from './formats/onnx/onnxFile.ts';
export { exportOnnx } from './formats/onnx/writeOnnx.ts';
export { withTensorFile } from './formats/withTensorFile.ts';
export { withSafetensors, type SafetensorsFile } from './formats/safetensors/safetensorsFile.ts';
export { loadWeights, saveWeights } from './formats/safetensors/weights.ts';
export type { FileLayout } from './formats/safetensors/fileLayout.ts';
export { writeFileAtomic } from './lib/files/writeFileAtomic.ts';
export type { FileData } from './lib/files/writeThrough.ts';
export {
  loadCheckpoint,
  saveCheckpoint,
  type Checkpointable,
  type SaveCheckpointOptions,
} from './train/checkpoint.ts';
