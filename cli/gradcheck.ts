import Table from 'cli-table3';
import { Command } from 'commander';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { BACKENDS, choiceOption, integerOption, logBackend } from './options.ts';
import type { Cases, Report, Result } from '../gradcheck/index.ts';

interface Options {
  readonly backend: BackendName | 'auto';
  readonly cases: number;
  readonly seed: number;
  readonly json?: string;
  readonly module?: string;
}

/** `boxprop gradcheck`: proves every box and cost, prints a table, exits with 1 on any failure. */
export function gradcheckCommand(): Command {
  return new Command('gradcheck')
    .description(
      'prove the gradients of every box and cost by finite differences in double precision',
    )
    .argument('[names...]', 'boxes and costs to check; all by default')
    .option(
      '--backend <name>',
      `float64 proves the mathematics; another compares its kernels with float64: ${BACKENDS.join(', ')}`,
      choiceOption('--backend', BACKENDS),
      'float64',
    )
    .option('--cases <n>', 'random cases a box', integerOption('--cases', 1), 20)
    .option('--seed <n>', 'seed of the cases', integerOption('--seed', 0), 0)
    .option('--json <file>', 'write the results as JSON, - for standard output')
    .option(
      '--module <file>',
      'check the boxes that this TypeScript or JavaScript file exports, by its `cases`',
    )
    .action(async (names: string[], options: Options) => {
      const { gradcheckAll } = await import('../gradcheck/index.ts');
      const { useBackend } = await import('../lib/backend/useBackend.ts');
      const backend = await useBackend(options.backend, { log: logBackend });
      const { exported, cases } = await subjects(options.module);
      const report = await gradcheckAll(exported, cases, { ...options, names, backend });
      const toScreen = options.json === '-';
      if (!toScreen) process.stdout.write(`${table(report)}\n`);
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

/** The boxes to check and their cases: boxprop's own, or those of a file. */
async function subjects(
  file?: string,
): Promise<{ exported: Record<string, unknown>; cases: Cases }> {
  if (file !== undefined) return (await import('./userModule.ts')).loadUserModule(file);
  const { cases } = await import('../gradcheck/index.ts');
  return {
    exported: { ...(await import('../modules/index.ts')), ...(await import('../losses/index.ts')) },
    cases,
  };
}

/** A row a box, then what failed. */
export function table({ results, backend, seed, pass }: Report): string {
  const rows = new Table({
    head: ['box', 'cases', 'gradients of', 'checked', 'skipped', 'largest error', ''],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  const byName = group(results);
  for (const [name, ofBox] of byName) {
    const sum = (pick: (result: Result) => number) =>
      ofBox.reduce((total, result) => total + pick(result), 0);
    const quantities = new Set(
      ofBox.map(({ quantity }) => quantity).filter((quantity) => quantity !== 'output'),
    );
    rows.push([
      name,
      new Set(ofBox.map(({ config }) => config)).size,
      [...quantities].map((quantity) => quantity.replace('param:', '')).join(', '),
      sum(({ checked }) => checked),
      sum(({ skipped }) => skipped),
      Math.max(...ofBox.map(({ maxError }) => maxError)).toExponential(1),
      ofBox.every((result) => result.pass) ? 'pass' : 'FAIL',
    ]);
  }
  const failures = results.filter((result) => !result.pass);
  const lines = failures.map(({ name, config, quantity, message = '' }) => {
    const what = message.startsWith(quantity) ? message : `${quantity}: ${message}`;
    return `FAIL ${config || name}: ${what}`;
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
