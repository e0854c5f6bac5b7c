import type { Variable } from '@tensorflow/tfjs-core';
import { openWeights, type WeightsSource } from '../openWeights.ts';
import { assignWeights } from './assignWeights.ts';
import { AS_IT_IS, type FileLayout } from './fileLayout.ts';

/**
 * Sets variables from safetensors or PyTorch weights that a page fetches, that the user has chosen,
 * or that are in memory. Otherwise it behaves like `loadWeights` of boxprop/node, which reads a
 * path. If the source is a File, only the header and one tensor at a time are read into memory.
 *
 *     await loadWeights('lenet.safetensors', network.params);
 *     await loadWeights(input.files[0], network.params, torchLayout(network, [28, 28, 1]));
 *
 * Errors: those of `openWeights`; names or shapes that do not match (the message lists the first
 *         few); a value that is not finite (the message names its tensor).
 * @param source a string is treated as a URL, which may be relative to the page.
 * @returns the metadata of the weights.
 */
export async function loadWeights(
  source: WeightsSource,
  params: Readonly<Record<string, Variable>>,
  layout: FileLayout = AS_IT_IS,
): Promise<Record<string, string>> {
  const { name, ...opened } = await openWeights(source);
  return assignWeights(name, opened, params, layout);
}
