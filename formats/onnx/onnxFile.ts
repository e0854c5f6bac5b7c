import { lstat } from 'node:fs/promises';
import { dirname, isAbsolute, join, win32 } from 'node:path';
import { InputError, show } from '../../lib/errors.ts';
import { systemProblem } from '../../lib/files/systemError.ts';
import type { GraphNames } from '../../modules/container/graphNodes.ts';
import { withReadAt } from '../withTensorFile.ts';
import type { OpenExternal } from './fileTensor.ts';
import { checkLoadOptions, type LoadOnnxOptions, type OnnxNetwork } from './import/importOnnx.ts';
import { readNetwork } from './loadOnnx.ts';
import { openOnnx, type OnnxFile } from './openOnnx.ts';

/**
 * Loads a network from an ONNX file: a `Graph` with one node for each box, named as the nodes of
 * the file, and with trainable parameters. Images are [N, H, W, C], as everywhere in boxprop, also
 * if the file has the channels first. BatchNorm and Dropout work as in every network: in training
 * mode they use the statistics of the batch and drop elements, and in inference they do not.
 *
 * The file is read by ranges, one tensor at a time. Weights in other files (external data) must lie
 * beside the file or in a folder there.
 *
 * Errors: a damaged file; an operator that is not supported, by its name, node and version; sizes
 *         that the file leaves open, without `inputShape`; external data outside of the file's
 *         folder, behind a link, or too short. The versions 7 to 22 of ONNX's operators are known.
 * Source: ONNX 1.22, Operators.md.
 *
 *     const network = await loadOnnx('resnet18.onnx');
 *     network.infer(images);   // [N, 224, 224, 3] to [N, 1000]
 *     await loadOnnx('mine.onnx', { importers: { Square: () => new Square() } });
 */
export async function loadOnnx<I extends GraphNames = string, O extends GraphNames = string>(
  file: string,
  options: LoadOnnxOptions = {},
): Promise<OnnxNetwork<I, O>> {
  checkLoadOptions(options);
  return withReadAt(file, (size, readAt) =>
    readNetwork(file, size, readAt, externalFiles(file), options),
  );
}

/** Reads the graph of an ONNX file, but not the values of its tensors. */
export function openOnnxFile(file: string): Promise<OnnxFile> {
  return withReadAt(file, (size, readAt) => openOnnx(file, size, readAt, externalFiles(file)));
}

/** Opens files beside an ONNX file. */
function externalFiles(file: string): OpenExternal {
  return async (location) => {
    const fail = (problem: string) =>
      new InputError(`${file}: external data ${show(location)}: ${problem}`);
    const parts = location.split('/');
    const isInside =
      location !== '' &&
      !isAbsolute(location) &&
      !win32.isAbsolute(location) &&
      !/[\\\0:]/.test(location) &&
      !parts.includes('..');
    if (!isInside) throw fail('expected a path inside the folder of the file, with no ..');
    let path = dirname(file);
    for (const part of parts) {
      path = join(path, part);
      const found = await lstat(path).catch((error: unknown) => {
        throw fail(`cannot be read: ${systemProblem(error)}`);
      });
      if (found.isSymbolicLink()) throw fail('expected a file, got a link');
    }
    const size = await withReadAt(path, (bytes) => Promise.resolve(bytes));
    // The file is opened for each tensor, so nothing stays open if an error is thrown.
    return {
      size,
      readAt: (...place) => withReadAt(path, (_, readAt) => readAt(...place)),
    };
  };
}
