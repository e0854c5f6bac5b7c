import { Command } from 'commander';
import { choiceOption } from './options.ts';
import { endInterrupted, printLine, untilSignal } from './process.ts';

/**
 * Makes the command `boxprop setup tensorflow`. A signal undoes the setup and ends it with exit
 * status 128 + signal.
 */
export function setupCommand(): Command {
  return new Command('setup')
    .description('install tfjs-node; builds it on a Python wheel if its own installer fails')
    .argument('<backend>', 'tensorflow', choiceOption('backend', ['tensorflow']))
    .option('--gpu', 'install tfjs-node-gpu, with CUDA')
    .option('--wheel <file>', 'TensorFlow wheel that is downloaded already')
    .action(
      async (
        _backend: 'tensorflow',
        { gpu = false, ...options }: { gpu?: boolean; wheel?: string },
      ) => {
        const { setupTensorflow } = await import('./setup/tensorflow.ts');
        const { Interrupted } = await import('./setup/commands.ts');
        const folder = process.cwd();
        await untilSignal(async (signal) => {
          try {
            await setupTensorflow({ ...options, gpu, folder }, printLine, signal);
          } catch (error) {
            if (!(error instanceof Interrupted)) throw error;
            endInterrupted(signal, 'interrupted; the project is as it was');
          }
        });
      },
    );
}
