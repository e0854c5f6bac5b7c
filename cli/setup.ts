import { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import { choiceOption } from './options.ts';
import { endInterrupted, printLine, untilSignal } from './process.ts';

interface Options {
  readonly gpu?: boolean;
  readonly wheel?: string;
}

/**
 * Makes the command `boxprop setup tensorflow` and `boxprop setup mpi`. A signal undoes the setup,
 * with exit status 128 + signal.
 */
export function setupCommand(): Command {
  return new Command('setup')
    .description('install tfjs-node or MPI, from a Python wheel if need be')
    .argument('<tool>', 'tensorflow or mpi', choiceOption('tool', ['tensorflow', 'mpi']))
    .option('--gpu', 'install tfjs-node-gpu, with CUDA (tensorflow)')
    .option('--wheel <file>', 'wheel of TensorFlow or MPICH that is downloaded already')
    .action(async (tool: 'tensorflow' | 'mpi', { gpu = false, ...options }: Options) => {
      if (tool === 'mpi' && gpu) throw new InputError('--gpu: expected setup tensorflow, got mpi');
      const folder = process.cwd();
      const { Interrupted } = await import('./setup/commands.ts');
      await untilSignal(async (signal) => {
        try {
          if (tool === 'mpi') {
            const { setupMpi } = await import('./setup/mpi.ts');
            await setupMpi({ ...options, folder }, printLine, signal);
          } else {
            const { setupTensorflow } = await import('./setup/tensorflow.ts');
            await setupTensorflow({ ...options, gpu, folder }, printLine, signal);
          }
        } catch (error) {
          if (!(error instanceof Interrupted)) throw error;
          endInterrupted(signal, 'interrupted; the project is as it was');
        }
      });
    });
}
