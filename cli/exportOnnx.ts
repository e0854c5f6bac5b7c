import { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import type { ImageShape } from '../models/index.ts';
import { shapeOption } from './options.ts';

interface Options {
  readonly weights?: string;
  readonly onnx?: string;
  readonly torchvision?: string;
  readonly input?: ImageShape;
}

/** `boxprop export NETWORK`: a network with its weights, for others to read. */
export function exportCommand(): Command {
  return new Command('export')
    .description(
      'write a network with its weights as ONNX, or its weights as torchvision names them',
    )
    .argument('<network>', 'such as resnet18')
    .option('--weights <file>', "safetensors file, with boxprop's names or torchvision's")
    .option('--onnx <file>', 'write ONNX, operator set 17; its input is [N, H, W, C] as here')
    .option('--torchvision <file>', 'write safetensors with the names and layouts of torchvision')
    .option(
      '--input <h,w,c>',
      'height, width and channels of the images',
      shapeOption('--input', 3),
    )
    .action(async (name: string, { weights, onnx, torchvision, input }: Options) => {
      if (weights === undefined)
        throw new InputError('--weights: expected a safetensors file, got none');
      if (onnx === undefined && torchvision === undefined) {
        throw new InputError('expected --onnx FILE, --torchvision FILE or both, got neither');
      }
      const { openNetwork, withWeights } = await import('./openNetwork.ts');
      const { useBackend } = await import('../lib/backend/useBackend.ts');
      const { preparedShape } = await import('../data/preparation.ts');
      const { architectureOfFile, preparationsOfFile, trainedOnOfFile } =
        await import('./weightsFile.ts');
      const entry = await openNetwork(name, await architectureOfFile(weights));
      const trainedOn = await trainedOnOfFile(weights);
      const inputShape =
        input ??
        preparedShape(trainedOn?.inputShape ?? entry.inputShape, await preparationsOfFile(weights));
      await useBackend();
      const classes = trainedOn?.classes ?? entry.classes;
      const { network, metadata } = await withWeights(entry, name, weights, inputShape, classes);
      if (onnx !== undefined) {
        const { exportOnnx } = await import('../formats/onnx/writeOnnx.ts');
        await exportOnnx(onnx, network, { inputShape, name, metadata });
        process.stdout.write(`${onnx}: ${entry.title} as ONNX\n`);
      }
      if (torchvision !== undefined) {
        const { torchvisionLayout } = await import('../models/torchvision/layout.ts');
        const { saveWeights } = await import('../formats/safetensors/weights.ts');
        const layout = torchvisionLayout(name, network, inputShape);
        await saveWeights(torchvision, { ...network.params, ...network.buffers }, metadata, layout);
        process.stdout.write(
          `${torchvision}: ${entry.title}, the weights as torchvision names them\n`,
        );
      }
      network.dispose();
    });
}
