import { resolve } from 'node:path';
import { Command } from 'commander';
import { InputError, show } from '../lib/errors.ts';
import type { ImageShape } from '../models/options.ts';
import { INPUT_OPTION, NETWORK_HELP, WEIGHTS_OPTION_HELP } from './options.ts';
import { printLine } from './process.ts';

interface Options {
  readonly weights?: string;
  readonly onnx?: string;
  readonly torchvision?: string;
  readonly fold?: boolean;
  readonly input?: ImageShape;
}

/** Makes the command `boxprop export NETWORK --weights FILE`. */
export function exportCommand(): Command {
  return new Command('export')
    .description("export a trained network as ONNX, or its weights with torchvision's names")
    .argument('<network>', NETWORK_HELP)
    .option('--weights <file>', WEIGHTS_OPTION_HELP)
    .option('--onnx <file>', 'write ONNX, opset 17; the input is [N, H, W, C]')
    .option('--torchvision <file>', "write safetensors with torchvision's names and layouts")
    .option('--fold', 'ONNX: batch normalizations become part of the convolutions before them')
    .addOption(INPUT_OPTION)
    .action(async (name: string, { weights: file, onnx, torchvision, fold, input }: Options) => {
      if (file === undefined)
        throw new InputError('--weights: expected a file of weights, got none');
      if (onnx === undefined && torchvision === undefined) {
        throw new InputError('expected --onnx FILE, --torchvision FILE or both, got neither');
      }
      if (fold && onnx === undefined) {
        throw new InputError('--fold: expected --onnx FILE with it, got none');
      }
      const files = [file, onnx, torchvision].flatMap((one) => one ?? []);
      const twice = files.find((one, k) => files.slice(0, k).some((other) => isSame(one, other)));
      if (twice !== undefined)
        throw new InputError(
          `expected different files for the weights and each output, got ${show(twice)} twice`,
        );
      const { checkWritable } = await import('../lib/files/checkWritable.ts');
      for (const output of [onnx, torchvision])
        if (output !== undefined) await checkWritable(output);
      const { exportedMetadata, networkOfWeights } = await import('./weightsFile.ts');
      const { listNames } = await import('./describeData.ts');
      const { useBackend } = await import('../lib/backend/useBackend.ts');
      await useBackend();
      const { weights, network, inputShape, classes } = await networkOfWeights(file, name, input);
      const { entry } = weights;
      if (weights.targets !== undefined && torchvision !== undefined) {
        throw new InputError(
          `--torchvision: expected weights of a classifier, got some that predict ${listNames(weights.targets.names)}`,
        );
      }
      const metadata = Object.fromEntries(weights.header.metadata);
      if (onnx !== undefined) {
        const { exportOnnx } = await import('../formats/onnx/writeOnnx.ts');
        const { foldBatchNorm } = await import('../inspect/foldBatchNorm.ts');
        const { inUnits } = await import('./targetUnits.ts');
        const folded = fold ? foldBatchNorm(network) : undefined;
        const exported = inUnits(folded?.network ?? network, weights.targets);
        const own = { ...exportedMetadata(weights, classes), ...metadata };
        await exportOnnx(onnx, exported, { inputShape, name, metadata: own });
        folded?.dispose();
        printLine(`${onnx}: ${entry.title} as ONNX`);
      }
      if (torchvision !== undefined) {
        const { torchvisionLayout } = await import('../models/torchvision/layout.ts');
        const { saveWeights } = await import('../formats/safetensors/weights.ts');
        const layout = torchvisionLayout(name, network, inputShape);
        await saveWeights(torchvision, { ...network.params, ...network.buffers }, metadata, layout);
        printLine(`${torchvision}: weights of ${entry.title} with torchvision's names`);
      }
      network.dispose();
    });
}

const isSame = (file: string, other: string) => resolve(file) === resolve(other);
