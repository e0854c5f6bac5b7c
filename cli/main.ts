#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { BoxpropError, InputError, show } from '../lib/errors.ts';
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
import { unitsCommand } from './units.ts';

/**
 * The command line. What the caller did wrong is one line on standard error, `boxprop: <message>`; any other error
 * is a bug of boxprop and shows its stack. Both exit with 1. The commands import what is heavy when they run.
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
    .description('glass-box neural networks: every box with its three arrows, and a proof of each')
    .version(packageVersion());
  for (const command of [boxprop, ...commands]) {
    // Throw, and print nothing but what was asked for: `fail` tells the rest.
    command.exitOverride().configureOutput({ outputError() {}, writeErr() {} });
    for (const part of command.commands)
      part.exitOverride().configureOutput({ outputError() {}, writeErr() {} });
    if (command !== boxprop) boxprop.addCommand(command);
  }
  return boxprop;
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
  // Asked for: --help and --version.
  if (error instanceof CommanderError && error.exitCode === 0) return;
  process.exitCode = 1;
  if (error instanceof BoxpropError || error instanceof CommanderError) {
    // `boxprop help nonsense` has no message of its own.
    const message =
      error.message === '(outputHelp)'
        ? 'expected a known command; see boxprop --help'
        : error.message;
    const line = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    process.stderr.write(`boxprop: ${line}\n`);
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : show(error);
    process.stderr.write(`${text}\n`);
  }
}

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

await main(process.argv.slice(2));
