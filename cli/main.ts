#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { ablateCommand } from './ablate.ts';
import { classifyCommand } from './classify.ts';
import { foolCommand } from './fool.ts';
import { compareCommand } from './compare.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { exampleCommand } from './example.ts';
import { exploreCommand } from './explore.ts';
import { exportCommand } from './exportOnnx.ts';
import { gradcheckCommand } from './gradcheck.ts';
import { invarianceCommand } from './invariance.ts';
import { packageVersion } from './manifest.ts';
import { probeCommand } from './probe.ts';
import { outliveReaders, printNote } from './process.ts';
import { psetCommand } from './pset.ts';
import { reportCommand } from './report.ts';
import { searchCommand } from './search.ts';
import { setupCommand } from './setup.ts';
import { summaryCommand } from './summary.ts';
import { trainCommand } from './train.ts';
import { transferCommand } from './transfer.ts';
import { unknownOption } from './unknownOption.ts';
import { unitsCommand } from './units.ts';

/**
 * Makes the command line. An error is printed as one line to standard error, `boxprop: <message>`,
 * and the exit status is 1. If the error is not a mistake of the user, it comes from the code of
 * boxprop or from a file that the user named. In that case the line says where it was thrown, and
 * with `BOXPROP_STACK=1` the stack is printed before it. To start quickly, the commands import
 * heavy modules only when they run.
 */
function program(): Command {
  const commands = [
    gradcheckCommand(),
    doctorCommand(),
    trainCommand(),
    searchCommand(),
    evaluateCommand(),
    reportCommand(),
    exploreCommand(),
    exampleCommand(),
    summaryCommand(),
    ablateCommand(),
    classifyCommand(),
    foolCommand(),
    transferCommand(),
    unitsCommand(),
    compareCommand(),
    invarianceCommand(),
    probeCommand(),
    exportCommand(),
    psetCommand(),
    setupCommand(),
  ];
  const boxprop = new Command('boxprop')
    .description('glass-box neural networks: hand-written gradients, each one checked')
    .version(packageVersion());
  for (const command of commands) boxprop.addCommand(command);
  for (const command of [boxprop, ...commands, ...commands.flatMap((one) => one.commands)]) {
    // With these functions commander throws its errors without printing them. `fail` prints them.
    const silent = { outputError() {}, writeErr() {} };
    command.configureOutput(silent).exitOverride((error) => refuse(command, error));
    refuseRepeated(command);
  }
  return boxprop;
}

/** Adds a suggestion to commander's error about an unknown option, and throws. */
function refuse(command: Command, error: CommanderError): never {
  const [, flag] = /unknown option '([^']*)'/.exec(error.message) ?? [];
  if (error.code !== 'commander.unknownOption' || flag === undefined) throw error;
  const flags = command.options.flatMap(({ long }) => long ?? []);
  throw new InputError(unknownOption(flag, [...flags, '--help']));
}

/** Throws if an option has an empty value or is given twice. */
function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    const flag = option.long ?? option.flags;
    let given = false;
    command.on(`option:${option.name()}`, (value: unknown) => {
      if (value === '') throw new InputError(`${flag}: expected a value, got ""`);
      if (given) throw new InputError(`${flag}: expected once, got it twice`);
      given = true;
    });
  }
}

async function main(args: readonly string[]): Promise<void> {
  try {
    const boxprop = program();
    if (args.length === 0) {
      const names = boxprop.commands.map((command) => command.name()).join(', ');
      throw new InputError(`expected a command, one of ${names}, got none; see boxprop --help`);
    }
    await boxprop.parseAsync(args, { from: 'user' });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  // The user has asked for --help or --version.
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = 1;
  printNote(messageOf(error));
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return show(error);
  const { message } = error;
  // For `boxprop help nonsense`, commander has no message of its own.
  if (message === '(outputHelp)') return 'expected a known command; see boxprop --help';
  if (error instanceof BoxpropError || error instanceof CommanderError)
    return message.replace(/^error: /, '');
  // The error comes from the operating system, for example because permission or space is missing.
  if ('syscall' in error) return message;
  if (process.env.BOXPROP_STACK) process.stderr.write(`${error.stack}\n`);
  const [, place] = /\n {4}at (?:.*\()?([^\n()]+:\d+:\d+)\)?/.exec(error.stack ?? '') ?? [];
  const where = place === undefined ? '' : `, at ${place}`;
  return `${error.name}: ${message}${where}; BOXPROP_STACK=1 prints where it was called from`;
}

outliveReaders();
process.on('uncaughtException', (error) => {
  fail(error);
  process.exit();
});
await main(process.argv.slice(2));
