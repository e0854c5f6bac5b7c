import { join } from 'node:path';
import { Command } from 'commander';
import type { BackendName } from '../backend.ts';
import { BACKENDS, choiceOption, logBackend } from './options.ts';

interface Options {
  readonly out?: string;
  readonly backend: BackendName | 'auto';
}

/** `boxprop report RUN` */
export function reportCommand(): Command {
  return new Command('report')
    .description('one HTML file that shows how a run of `boxprop train` went')
    .argument('<run>', 'folder of the run, such as runs/lenet')
    .option('--out <file>', 'HTML file (default: report.html in the folder)')
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .action(async (folder: string, { out = join(folder, 'report.html'), backend }: Options) => {
      const { readRun } = await import('./runOptions.ts');
      const { networkNamed } = await import('./networks.ts');
      const { loadNetwork } = await import('../io/loadNetwork.ts');
      const { openData } = await import('./openData.ts');
      const { useBackend } = await import('../backend.ts');
      const { Rng } = await import('../rng.ts');
      const { zeros } = await import('../init.ts');
      const { readLog } = await import('../io/runLog.ts');
      const { collectReport } = await import('../report/collect.ts');
      const { renderReport } = await import('../report/render.ts');
      const { writeFileAtomic } = await import('../io/writeFileAtomic.ts');
      const options = await readRun(folder, 'report');
      await useBackend(backend, { log: logBackend });
      const { test } = openData(options.data);
      const [height, width, channels] = test.inputShape;
      const inputShape = [height, width, channels] as const;
      const blank = { rng: new Rng(0), init: zeros, inputShape, classes: test.classes };
      const network = networkNamed(options.network).build(blank);
      await loadNetwork(join(folder, 'checkpoint.safetensors'), options.network, network, inputShape);
      const log = await readLog(join(folder, 'log.jsonl'));
      const data = await collectReport(`${options.network} on ${test.name}`, log, network, test);
      network.dispose();
      await writeFileAtomic(out, renderReport(data));
      process.stdout.write(`${out}\n`);
    });
}
