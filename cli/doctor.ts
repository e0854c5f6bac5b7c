import type { Module } from '../lib/module.ts';
import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { Rng } from '../lib/rng.ts';
import type { Diagnostic } from '../inspect/doctor/diagnostic.ts';
import {
  BACKEND_OPTION,
  DATA_OPTION,
  HEADER_OPTION,
  integerOption,
  LABEL_OPTION,
  NETWORK_HELP,
  PREPROCESS_OPTION,
  SHAPE_OPTION,
} from './options.ts';
import type { DataOptions } from './openData.ts';
import { logBackend, printLine } from './process.ts';

interface Options extends DataOptions {
  readonly preprocess?: readonly string[];
  readonly batchSize: number;
  readonly seed: number;
  readonly backend: BackendName | 'auto';
  readonly json?: boolean;
}

/** Makes the command `boxprop doctor NETWORK`. Its exit status is 1 if a verdict is bad. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check a network and its data before training; print verdicts and advice')
    .argument('<network>', NETWORK_HELP)
    .addOption(DATA_OPTION)
    .addOption(LABEL_OPTION)
    .addOption(HEADER_OPTION)
    .addOption(SHAPE_OPTION)
    .addOption(PREPROCESS_OPTION)
    .option('--batch-size <n>', 'batch size of the training', integerOption('--batch-size', 1), 64)
    .option('--seed <n>', 'random seed', integerOption('--seed', 0), 0)
    .addOption(BACKEND_OPTION)
    .option('--json', 'print JSON')
    .action(async (name: string, { preprocess = [], ...options }: Options) => {
      const { batchSize, seed, backend, json } = options;
      const { imageShapeOf, resolveNetwork } = await import('./resolveNetwork.ts');
      const { openData } = await import('./openData.ts');
      const { reportNotes } = await import('./openedData.ts');
      const { applyPreprocessing, parsePreprocessing } =
        await import('../data/preprocessingSteps.ts');
      const { useBackend } = await import('../lib/backend/useBackend.ts');
      const { diagnose } = await import('../inspect/doctor/diagnose.ts');
      const entry = await resolveNetwork(name);
      await useBackend(backend, { log: logBackend });
      const opened = await openData(options);
      reportNotes(opened);
      const { train } = opened;
      const data = applyPreprocessing(train, await parsePreprocessing(preprocess, train));
      const inputShape = imageShapeOf(data);
      const make = () => entry.build({ rng: new Rng(seed), inputShape, classes: data.classes });
      // Each diagnosis builds a network synchronously, but reading one from an ONNX file is
      // asynchronous. So all networks of such a file are built before.
      const first = make();
      const ready = first instanceof Promise ? [await first] : [first];
      while (first instanceof Promise && ready.length < NETWORKS) ready.push(await make());
      const build = () => ready.pop() ?? built(make());
      const diagnostics = await diagnose({ build, data, rng: new Rng(seed), batchSize });
      for (const network of ready) network.dispose();
      printLine(json ? JSON.stringify(diagnostics) : formatDiagnostics(diagnostics));
      if (diagnostics.some(({ severity: verdict }) => verdict === 'bad')) process.exitCode = 1;
    });
}

/** The number of networks that the diagnoses build together. */
const NETWORKS = 8;

function built(network: Module | Promise<Module>): Module {
  if (!(network instanceof Promise)) return network;
  throw new Error(`expected at most ${NETWORKS} networks for the diagnoses`);
}

/**
 * Formats one line per diagnostic, followed by a line with its advice, which a terminal may wrap.
 */
function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const longest = Math.max(...diagnostics.map(({ name }) => name.length));
  return diagnostics
    .flatMap(({ name, severity: verdict, finding, advice }) => [
      `${verdict.padEnd(7)}  ${name.padEnd(longest)}  ${finding}`,
      ...(advice === '' ? [] : [`         ${advice}`]),
    ])
    .join('\n');
}
