/** boxprop/data: datasets in memory, their preprocessing, and augmentation. */
export { ArrayDataset, type ArrayDatasetOptions, type Batch, type Dataset } from './dataset.ts';
export {
  ArrayTargetDataset,
  type ArrayTargetDatasetOptions,
  type TargetBatch,
  type TargetDataset,
  type TargetInfo,
} from './targets.ts';
export { batchCount, batches, shuffledBatches, type BatchesOptions } from './batches.ts';
export { split, subset, type SubsetOptions } from './split.ts';
export { folds, stratifiedSplit } from './stratify.ts';
export { mapInputs } from './mapInputs.ts';
export { augment, flip, shift, type Augmentation, type ImageSize } from './augment.ts';
export { mix, type MixOptions } from './mix.ts';
export { elastic, type ElasticOptions } from './elastic.ts';
export { crop } from './crop.ts';
export { channelStatistics, standardization, type ChannelStatistics } from './standardize.ts';
export { preprocess, PREPROCESSINGS, type ImageResize, type Preprocessing } from './preprocess.ts';
export { resizeImage, type Interpolation } from './resizeImage.ts';
export type { PixelImage } from './image.ts';
export { parseIdx, type IdxArray, type IdxData } from './idx.ts';
