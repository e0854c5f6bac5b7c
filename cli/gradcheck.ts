import Table from 'cli-table3';
import { Command } from 'commander';
import type { BackendName, SimdChoice } from '../lib/backend/useBackend.ts';
import { backendOptions } from './backendOptions.ts';
import { isOnnxFile } from './onnxNetwork.ts';
import { isModuleFile } from './moduleFile.ts';
import {
  BACKENDS,
  choiceOption,
  INPUT_OPTION,
  integerOption,
  SIMD_OPTION,
  WEIGHTS_OPTION_HELP,
} from './options.ts';
import { InputError, show } from '../lib/errors.ts';
import type { ImageShape } from '../models/options.ts';
import { logBackend, printLine } from './process.ts';
import type { Cases, GradcheckReport, Result } from '../gradcheck/index.ts';

interface Options {
  readonly backend: BackendName | 'auto';
  readonly simd?: SimdChoice;
  readonly cases?: number;
  readonly seed: number;
  readonly json?: string;
  readonly module?: string;
  readonly weights?: string;
  readonly input?: ImageShape;
}

/** The random cases of each box, and the random directions for each check of a network. */
const [CASES, DIRECTIONS] = [20, 2];

/**
 * Makes the command `boxprop gradcheck`, which checks every box and cost, or each box of a network
 * at its place, and prints a table. Its exit status is 1 if a check fails.
 */
export function gradcheckCommand(): Command {
  return new Command('gradcheck')
    .description('check the gradients of boxes and costs, or of a network, by finite differences')
    .argument(
      '[names...]',
      'boxes and costs, such as Conv2D (default: all), or one network: ' +
        'a name such as lenet, an ONNX file, or a file that exports network()',
    )
    .option(
      '--backend <name>',
      `float64 checks the mathematics; others compare their kernels with it: ${BACKENDS.join(', ')}`,
      choiceOption('--backend', BACKENDS),
      'float64',
    )
    .addOption(SIMD_OPTION)
    .option(
      '--cases <n>',
      `random cases per box (default: ${CASES}), or random directions for each check of a network (default: ${DIRECTIONS})`,
      integerOption('--cases', 1),
    )
    .option('--seed <n>', 'random seed', integerOption('--seed', 0), 0)
    .option('--json <file>', 'write the results as JSON (- for standard output)')
    .option(
      '--module <file>',
      'check the boxes of a TypeScript or JavaScript file that exports `cases`',
    )
    .option('--weights <file>', WEIGHTS_OPTION_HELP.replace(' (required)', ' of the network'))
    .addOption(INPUT_OPTION)
    .action(async (names: string[], options: Options) => {
      if (options.json !== undefined && options.json !== '-') {
        const { checkWritable } = await import('../lib/files/checkWritable.ts');
        await checkWritable(options.json);
      }
      const report = await reportOf(names, options);
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

/** Checks the boxes, or the network, that the user names. */
async function reportOf(names: readonly string[], options: Options): Promise<GradcheckReport> {
  const { cases: count, seed, module, weights, input } = options;
  const { useBackend } = await import('../lib/backend/useBackend.ts');
  const network = await networkIn(names);
  if (network !== undefined) {
    const { checkNetwork } = await import('./gradcheckNetwork.ts');
    return checkNetwork(network, { ...options, directions: count ?? DIRECTIONS });
  }
  const [alone] = Object.entries({ '--weights': weights, '--input': input }).filter(
    ([, given]) => given !== undefined,
  );
  if (alone !== undefined)
    throw new InputError(`${alone[0]}: expected a network with it, got ${names.length === 0 ? 'none' : show([...names])}`); // prettier-ignore
  const { gradcheckAll } = await import('../gradcheck/index.ts');
  const backend = await useBackend(options.backend, {
    ...backendOptions(options),
    log: logBackend,
  });
  const { exported, cases } = await targets(module);
  return gradcheckAll(exported, cases, { names, cases: count ?? CASES, seed, backend });
}

/**
 * Returns the network among the names, if there is one.
 *
 * Errors: other names beside it.
 */
async function networkIn(names: readonly string[]): Promise<string | undefined> {
  const { NETWORK_NAMES } = await import('./resolveNetwork.ts');
  const network = names.find(
    (name) => isOnnxFile(name) || isModuleFile(name) || NETWORK_NAMES.includes(name),
  );
  if (network === undefined || names.length === 1) return network;
  throw new InputError(
    `expected boxes and costs, or one network, got ${show(network)} with ${names.length - 1} more`,
  );
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
  const notes = results.filter(({ pass, message }) => pass && message !== undefined);
  const lines = [...failures.map(formatProblem), ...formatNotes(notes)];
  const verdict = pass
    ? 'every gradient agrees'
    : `${failures.length} of ${results.length} checks fail`;
  return [rows.toString(), ...lines, `${backend}, seed ${seed}: ${verdict}`].join('\n');
}

function formatProblem({ name, config, tensor, message = '', pass }: Result): string {
  const problem = message.startsWith(tensor) ? message : `${tensor}: ${message}`;
  return `${pass ? 'note' : 'FAIL'} ${config || name}: ${problem}`;
}

/** The largest number of gradients that could not be compared and are listed. */
const MOST_NOTES = 10;

/** Formats the gradients of a network that could not be compared. */
function formatNotes(notes: readonly Result[]): string[] {
  const lines = notes.slice(0, MOST_NOTES).map(formatProblem);
  const others = notes.length - lines.length;
  return others > 0 ? [...lines, `note and ${others} more`] : lines;
}

function group(results: readonly Result[]): Map<string, Result[]> {
  const groups = new Map<string, Result[]>();
  for (const result of results)
    groups.set(result.name, [...(groups.get(result.name) ?? []), result]);
  return groups;
}
