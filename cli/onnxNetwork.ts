import { basename } from 'node:path';
import { loadOnnx, openOnnxFile } from '../formats/onnx/onnxFile.ts';
import { endsOf } from '../formats/onnx/import/importOnnx.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { Sequential } from '../modules/container/sequential.ts';
import { Flatten } from '../modules/flatten.ts';
import type { ImageShape, NetworkOptions } from '../models/options.ts';
import { requireFiniteWeights } from './finiteWeights.ts';
import type { ResolvedNetwork } from './resolvedNetwork.ts';
import { hasUnits } from './targetUnits.ts';

/** Returns whether an argument of the command line names an ONNX file. */
export function isOnnxFile(word: string): boolean {
  return /\.onnx$/i.test(word);
}

/** The entry of a network in an ONNX file, and the file's metadata. */
export interface OnnxEntry extends ResolvedNetwork {
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads the sizes of a network in an ONNX file. Its weights are read when it is built. A network of
 * vectors gets images of one row and column, as the rows of a table are.
 *
 * For another number of classes, `build` gives the network a new head. The outputs of a network
 * that `export` has written for numbers are standardized, as in its training.
 *
 * Errors: those of `loadOnnx`; a network of several inputs or outputs, or of sequences. `build`
 *         throws if the data does not fit the network.
 */
export async function entryOfOnnx(file: string): Promise<OnnxEntry> {
  const model = await openOnnxFile(file);
  const { inputs, outputs } = endsOf(model);
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw new InputError(
      `${file}: expected a network of one input and one output, got ${inputs.length} and ${outputs.length}`,
    );
  }
  const [shape] = inputs;
  const [channels, isVector] = [shape.at(-1), shape.length === 1];
  if (shape.length !== 3 && !isVector) {
    throw new InputError(
      `${file}: expected a network of images or vectors, got one of inputs ${show([...shape])}`,
    );
  }
  const open = 'the file leaves sizes open';
  const inputShape: ImageShape = isVector
    ? [1, 1, channels ?? 0]
    : [shape[0] ?? 0, shape[1] ?? 0, channels ?? 0];
  const classes = outputs[0].at(-1) ?? 0;
  return {
    inputShape,
    classes,
    title: basename(file),
    source: file,
    metadata: model.metadata,
    // Rows of a table have a shape of their own.
    stated: {
      ...(!isVector && !inputShape.includes(0) && { inputShape }),
      ...(classes > 0 && { classes }),
    },
    async build(options: NetworkOptions): Promise<Module> {
      const given = options.inputShape ?? inputShape;
      if (given.some((size) => size === 0))
        throw new InputError(`${file}: expected an input shape, got ${show([...given])}: ${open}`);
      const own = isVector ? [given[0] * given[1] * given[2]] : given;
      const isOther = classes > 0 && options.classes !== undefined && options.classes !== classes;
      const network: Module = await loadOnnx(file, {
        inputShape: own,
        // The commands compute the softmax themselves.
        scores: true,
        standardized: hasUnits(file, model.metadata),
        ...(isOther && { newHead: { classes: options.classes, rng: options.rng } }),
      });
      await requireFiniteWeights(file, network);
      return isVector ? new Sequential({ flatten: new Flatten(), network }) : network;
    },
  };
}
