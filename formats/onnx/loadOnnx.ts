import { InputError, show } from '../../lib/errors.ts';
import type { GraphNames } from '../../modules/container/graphNodes.ts';
import { openSource, type WeightsSource } from '../openWeights.ts';
import type { ReadAt } from '../tensorFile.ts';
import type { OpenExternal } from './fileTensor.ts';
import {
  checkLoadOptions,
  importOnnx,
  type LoadOnnxOptions,
  type OnnxNetwork,
} from './import/importOnnx.ts';
import { openOnnx } from './openOnnx.ts';

/**
 * Loads a network from an ONNX file that a page fetches, that the user has chosen, or that is in
 * memory; see `loadOnnx` of boxprop/node, which reads a path. Weights in another file cannot be
 * read here.
 *
 * Errors: those of `loadOnnx` of boxprop/node; a URL that cannot be fetched; external data.
 *
 *     const network = await loadOnnx(input.files[0]);
 */
export async function loadOnnx<I extends GraphNames = string, O extends GraphNames = string>(
  source: WeightsSource,
  options: LoadOnnxOptions = {},
): Promise<OnnxNetwork<I, O>> {
  checkLoadOptions(options);
  const { name, size, readAt } = await openSource(source, 'loadOnnx');
  const open: OpenExternal = (location) => {
    throw new InputError(
      `${name}: expected all weights in the file, got external data in ${show(location)}: use loadOnnx of boxprop/node`,
    );
  };
  return readNetwork(name, size, readAt, open, options);
}

/** Reads a network from a file, of which `readAt` reads ranges. */
export async function readNetwork<I extends GraphNames, O extends GraphNames>(
  file: string,
  size: number,
  readAt: ReadAt,
  open: OpenExternal,
  options: LoadOnnxOptions,
): Promise<OnnxNetwork<I, O>> {
  const model = await openOnnx(file, size, readAt, open);
  // The type parameters say whether the network has one input or several. Only the caller can know
  // that, so the compiler cannot check it.
  return (await importOnnx(file, model, options)) as unknown as OnnxNetwork<I, O>;
}
