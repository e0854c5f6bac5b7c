import { Command } from 'commander';
import { oneLine, shorten } from '../lib/oneLine.ts';
import type { ClassifyOptions, Guess } from './classifyImage.ts';
import { BACKEND_OPTION, NETWORK_OPTION, WEIGHTS_OPTION_HELP } from './options.ts';
import { printLine } from './process.ts';

/** Makes the command `boxprop classify IMAGE --weights FILE`. */
export function classifyCommand(): Command {
  return new Command('classify')
    .description('classify an image: the five most probable classes')
    .argument('<image>', 'PNG or JPEG file')
    .option('--weights <file>', WEIGHTS_OPTION_HELP)
    .addOption(NETWORK_OPTION)
    .option('--labels <file>', 'names of the classes: one per line, or JSON')
    .option(
      '--pixels <recipe>',
      'how pixels become inputs: torchvision, inception, caffe, unit, or a config.json (default: as the weights need)',
    )
    .addOption(BACKEND_OPTION)
    .option('--json', 'print JSON')
    .action(async (image: string, { json, ...options }: ClassifyOptions & { json?: boolean }) => {
      const { classifyImage } = await import('./classifyImage.ts');
      const guesses = await classifyImage(image, options);
      printLine(json ? JSON.stringify(guesses) : formatGuesses(guesses));
    });
}

const BAR = 30;
/** The number of characters to which the name of a class is shortened. */
const LONGEST = 60;

/** Formats one line per class, with its probability as a bar. */
export function formatGuesses(guesses: readonly Guess[]): string {
  // The names come from a file. A long name, or one with line breaks, must not garble the terminal.
  const rows = guesses.map(({ label, probability }) => ({
    label: oneLine(shorten(label, LONGEST)),
    probability,
  }));
  const longest = Math.max(...rows.map(({ label }) => label.length));
  return rows
    .map(({ label, probability }) => {
      const percent = `${(100 * probability).toFixed(2)} %`.padStart(8);
      return `${label.padEnd(longest)} ${percent} ${bar(probability)}`.trimEnd();
    })
    .join('\n');
}

/** Draws a bar of block characters. The last character can show eighths of a block. */
function bar(fraction: number): string {
  const eighths = Math.round(fraction * BAR * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}
