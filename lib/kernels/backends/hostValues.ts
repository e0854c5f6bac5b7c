import { backend, getBackend, type Tensor, type TypedArray } from '@tensorflow/tfjs-core';

/** The fields in which the GPU backends keep values that are also in main memory. */
interface CardBackend {
  readonly texData?: CardData;
  readonly tensorMap?: CardData;
}

interface CardData {
  get(dataId: object): { readonly values?: TypedArray | null };
}

/**
 * Returns the values of a tensor if they can be read without waiting. Returns undefined if only the
 * GPU has them: to read them, webgl would have to finish every operation in its queue, and webgpu
 * needs `await data()`.
 */
export function hostValues(tensor: Tensor): TypedArray | undefined {
  const card = backend() as CardBackend;
  switch (getBackend()) {
    case 'webgl':
      return card.texData?.get(tensor.dataId).values ?? undefined;
    case 'webgpu':
      return card.tensorMap?.get(tensor.dataId).values ?? undefined;
    default:
      return tensor.dataSync();
  }
}
