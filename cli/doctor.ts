import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { Rng } from '../lib/rng.ts';
import {
  BACKENDS,
  choiceOption,
  DATA_HELP,
  integerOption,
  logBackend,
  shapeOption,
  words,
} from './options.ts';

interface Options {
  readonly data?: string;
  readonly shape?: readonly number[];
  readonly prepare?: readonly string[];
  readonly seed: number;
  readonly backend: BackendName | 'auto';
  readonly json: boolean;
}

/** `boxprop doctor NETWORK`: exits with 1 if something is bad. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at a network and its data before training: what is wrong, and what to do')
    .argument(
      '<network>',
      'lenet and the other names of `boxprop summary`, or a file that exports network()',
    )
    .option('--data <dir>', DATA_HELP)
    .option(
      '--shape <h,w,c>',
      'of images of folders, or of the numbers of CSV',
      shapeOption('--shape', 3),
    )
    .option(
      '--prepare <list>',
      'such as pad:2,contrast:9,standardize: what is done to every input',
      words,
    )
    .option(
      '--seed <n>',
      'seed of the weights and of the records looked at',
      integerOption('--seed', 0),
      0,
    )
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .option('--json', 'print JSON', false)
    .action(
      async (
        name: string,
        { data: directory, shape, prepare = [], seed, backend, json }: Options,
      ) => {
        const { imageShapeOf } = await import('./networks.ts');
        const { openNetwork } = await import('./openNetwork.ts');
        const { openData } = await import('./openData.ts');
        const { prepared, preparationsOf } = await import('../data/preparation.ts');
        const { useBackend } = await import('../lib/backend/useBackend.ts');
        const { diagnose: examine } = await import('../inspect/doctor/diagnose.ts');
        const entry = await openNetwork(name);
        await useBackend(backend, { log: logBackend });
        const { train } = await openData(directory, shape);
        const data = prepared(train, await preparationsOf(prepare, train));
        const inputShape = imageShapeOf(data);
        const build = () => entry.build({ rng: new Rng(seed), inputShape, classes: data.classes });
        const findings = await examine({ build, data, rng: new Rng(seed) });
        const longest = Math.max(...findings.map((one) => one.name.length));
        // Advice has a line of its own: a terminal would break it where the columns end.
        const lines = findings.flatMap(({ name: what, verdict, finding, advice }) => [
          `${verdict.padEnd(7)}  ${what.padEnd(longest)}  ${finding}`,
          ...(advice === '' ? [] : [`         ${advice}`]),
        ]);
        process.stdout.write(`${json ? JSON.stringify(findings) : lines.join('\n')}\n`);
        if (findings.some(({ verdict }) => verdict === 'bad')) process.exitCode = 1;
      },
    );
}
