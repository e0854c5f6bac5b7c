import { backend, getBackend, type Tensor, type TypedArray } from '@tensorflow/tfjs-core';

/** What the backends of graphics cards know of a tensor: its values, as long as they lie outside the card too. */
interface OnCard {
  readonly texData?: DataOnCard;
  readonly tensorMap?: DataOnCard;
}

interface DataOnCard {
  get(dataId: object): { readonly values?: TypedArray | null };
}

/**
 * The values of a tensor, where nobody need wait for them; undefined where only a graphics card has them: webgl would
 * stop until it has computed all that was asked of it, and webgpu gives them to those alone who `await data()`.
 */
export function hostValues(tensor: Tensor): TypedArray | undefined {
  const card = backend() as OnCard;
  switch (getBackend()) {
    case 'webgl':
      return card.texData?.get(tensor.dataId).values ?? undefined;
    case 'webgpu':
      return card.tensorMap?.get(tensor.dataId).values ?? undefined;
    default:
      return tensor.dataSync();
  }
}
