import { Command } from 'commander';
import { choiceOption } from './options.ts';
import { untilSignal } from './untilSignal.ts';

/** `boxprop setup tensorflow`: makes a backend work on this machine. A signal undoes it, with exit status 130. */
export function setupCommand(): Command {
  return new Command('setup')
    .description(
      'make tfjs-node work here: install it, or build it on the TensorFlow of a Python wheel',
    )
    .argument('<backend>', 'tensorflow', choiceOption('backend', ['tensorflow']))
    .option('--gpu', 'tfjs-node-gpu, on the TensorFlow with CUDA', false)
    .option('--wheel <file>', 'a wheel of TensorFlow that has been downloaded already')
    .action(async (_backend: 'tensorflow', options: { gpu: boolean; wheel?: string }) => {
      const { setupTensorflow } = await import('./setup/tensorflow.ts');
      const { Interrupted } = await import('./setup/commands.ts');
      try {
        const print = (line: string) => void process.stdout.write(`${line}\n`);
        const folder = process.cwd();
        await untilSignal((signal) => setupTensorflow({ ...options, folder }, print, signal));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        process.stderr.write('boxprop: interrupted; the project is as it was\n');
        process.exitCode = 130;
      }
    });
}
