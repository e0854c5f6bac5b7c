import Table from 'cli-table3';
import { Command } from 'commander';
import type { BackendName, SimdChoice } from '../lib/backend/useBackend.ts';
import { backendOptions } from './backendOptions.ts';
import { BACKENDS, choiceOption, integerOption, SIMD_OPTION } from './options.ts';
import { logBackend, printLine } from './process.ts';
import type { Cases, GradcheckReport, Result } from '../gradcheck/index.ts';

interface Options {
  readonly backend: BackendName | 'auto';
  readonly simd?: SimdChoice;
  readonly cases: number;
  readonly seed: number;
  readonly json?: string;
  readonly module?: string;
}

/**
 * Makes the command `boxprop gradcheck`, which checks every box and cost and prints a table. Its
 * exit status is 1 if a check fails.
 */
export function gradcheckCommand(): Command {
  return new Command('gradcheck')
    .description('check the gradients of boxes and costs by finite differences')
    .argument('[names...]', 'boxes and costs, such as Conv2D (default: all)')
    .option(
      '--backend <name>',
      `float64 checks the mathematics; others compare their kernels with it: ${BACKENDS.join(', ')}`,
      choiceOption('--backend', BACKENDS),
      'float64',
    )
    .addOption(SIMD_OPTION)
    .option('--cases <n>', 'random cases per box', integerOption('--cases', 1), 20)
    .option('--seed <n>', 'random seed', integerOption('--seed', 0), 0)
    .option('--json <file>', 'write the results as JSON (- for standard output)')
    .option(
      '--module <file>',
      'check the boxes of a TypeScript or JavaScript file that exports `cases`',
    )
    .action(async (names: string[], options: Options) => {
      if (options.json !== undefined && options.json !== '-') {
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.json);
      }
      const { gradcheckAll } = await import('../gradcheck/index.ts');
      const { useBackend } = await import('../lib/backend/useBackend.ts');
      const backend = await useBackend(options.backend, {
        ...backendOptions(options),
        log: logBackend,
      });
      const { exported, cases } = await targets(options.module);
      const report = await gradcheckAll(exported, cases, {
        names,
        cases: options.cases,
        seed: options.seed,
        backend,
      });
      const toScreen = options.json === '-';
      if (!toScreen) printLine(formatReport(report));
      if (options.json !== undefined) {
        const text = `${JSON.stringify(report)}\n`;
        if (toScreen) process.stdout.write(text);
        else
          await (
            await import('../lib/files/writeFileAtomic.ts')
          ).writeFileAtomic(options.json, text);
      }
      if (!report.pass) process.exitCode = 1;
    });
}

/** Returns the boxes to check and their cases: boxprop's own, or those of the user's file. */
async function targets(
  file?: string,
): Promise<{ exported: Record<string, unknown>; cases: Cases }> {
  if (file !== undefined) return (await import('./userModule.ts')).loadUserModule(file);
  const { cases } = await import('../gradcheck/index.ts');
  return {
    exported: { ...(await import('../modules/index.ts')), ...(await import('../losses/index.ts')) },
    cases,
  };
}

/** Formats one row per box, then one line per failure. */
function formatReport({ results, backend, seed, pass }: GradcheckReport): string {
  const rows = new Table({
    head: ['box', 'cases', 'gradients of', 'checked', 'skipped', 'largest error', ''],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  const byName = group(results);
  for (const [name, ofBox] of byName) {
    const sum = (pick: (result: Result) => number) =>
      ofBox.reduce((total, result) => total + pick(result), 0);
    const tensors = new Set(
      ofBox.map(({ tensor }) => tensor).filter((tensor) => tensor !== 'output'),
    );
    rows.push([
      name,
      new Set(ofBox.map(({ config }) => config)).size,
      [...tensors].map((tensor) => tensor.replace('param:', '')).join(', '),
      sum(({ checked }) => checked),
      sum(({ skipped }) => skipped),
      Math.max(...ofBox.map(({ maxError }) => maxError)).toExponential(1),
      ofBox.every((result) => result.pass) ? 'pass' : 'FAIL',
    ]);
  }
  const failures = results.filter((result) => !result.pass);
  const lines = failures.map(({ name, config, tensor, message = '' }) => {
    const problem = message.startsWith(tensor) ? message : `${tensor}: ${message}`;
    return `FAIL ${config || name}: ${problem}`;
  });
  const verdict = pass
    ? 'every gradient agrees'
    : `${failures.length} of ${results.length} checks fail`;
  return [rows.toString(), ...lines, `${backend}, seed ${seed}: ${verdict}`].join('\n');
}

function group(results: readonly Result[]): Map<string, Result[]> {
  const groups = new Map<string, Result[]>();
  for (const result of results)
    groups.set(result.name, [...(groups.get(result.name) ?? []), result]);
  return groups;
}
