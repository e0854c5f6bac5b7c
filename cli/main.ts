#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { oneLine } from '../lib/oneLine.ts';
import { ablateCommand } from './ablate.ts';
import { classifyCommand } from './classify.ts';
import { foolCommand } from './fool.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { exampleCommand } from './example.ts';
import { exportCommand } from './exportOnnx.ts';
import { gradcheckCommand } from './gradcheck.ts';
import { packageVersion } from './manifest.ts';
import { psetCommand } from './pset.ts';
import { reportCommand } from './report.ts';
import { searchCommand } from './search.ts';
import { setupCommand } from './setup.ts';
import { summaryCommand } from './summary.ts';
import { trainCommand } from './train.ts';
import { unknownOption } from './unknownOption.ts';
import { unitsCommand } from './units.ts';

/**
 * Makes the command line. A mistake of the user prints one line on standard error,
 * `boxprop: <message>`. Any other error is a bug of boxprop and prints its stack. Both exit with 1.
 * To start quickly, the commands import heavy modules only when they run.
 */
function program(): Command {
  const commands = [
    gradcheckCommand(),
    doctorCommand(),
    trainCommand(),
    searchCommand(),
    evaluateCommand(),
    reportCommand(),
    exampleCommand(),
    summaryCommand(),
    ablateCommand(),
    classifyCommand(),
    foolCommand(),
    unitsCommand(),
    exportCommand(),
    psetCommand(),
    setupCommand(),
  ];
  const boxprop = new Command('boxprop')
    .description('glass-box neural networks: hand-written gradients, each one checked')
    .version(packageVersion());
  for (const command of commands) boxprop.addCommand(command);
  for (const command of [boxprop, ...commands, ...commands.flatMap((one) => one.commands)]) {
    // commander throws its errors and does not print them; `fail` prints them.
    const silent = { outputError() {}, writeErr() {} };
    command.configureOutput(silent).exitOverride((error) => refuse(command, error));
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
  // The user asked for --help or --version.
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = 1;
  if (error instanceof BoxpropError || error instanceof CommanderError) {
    // `boxprop help nonsense` has no message of its own.
    const message =
      error.message === '(outputHelp)'
        ? 'expected a known command; see boxprop --help'
        : error.message;
    const line = oneLine(message.replace(/^error: /, ''));
    process.stderr.write(`boxprop: ${line}\n`);
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : show(error);
    process.stderr.write(`${text}\n`);
  }
}

// A reader that closes the pipe early, such as `head`, is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

await main(process.argv.slice(2));
