import { Command } from 'commander';
import { BACKENDS, choiceOption } from './options.ts';
import type { ClassifyOptions, Guess } from './classifyImage.ts';

/** `boxprop classify IMAGE --weights FILE` */
export function classifyCommand(): Command {
  return new Command('classify')
    .description('say what is in an image: the five best classes of a network')
    .argument('<image>', 'PNG or JPEG')
    .option('--weights <file>', "safetensors file, with boxprop's names or torchvision's")
    .option(
      '--network <name>',
      'the network of the weights, or a file with one (default: what they say or look like)',
    )
    .option('--labels <file>', 'names of the classes: a line each, or JSON')
    .option(
      '--preprocess <name>',
      'torchvision, inception, caffe or unit (default: what the weights expect)',
    )
    .option('--backend <name>', BACKENDS.join(', '), choiceOption('--backend', BACKENDS), 'auto')
    .option('--json', 'print JSON', false)
    .action(async (image: string, { json, ...options }: ClassifyOptions & { json: boolean }) => {
      const { classifyImage } = await import('./classifyImage.ts');
      const guesses = await classifyImage(image, options);
      process.stdout.write(`${json ? JSON.stringify(guesses) : formatGuesses(guesses)}\n`);
    });
}

const BAR = 30;

/** A line a class, with its probability as a bar. */
export function formatGuesses(guesses: readonly Guess[]): string {
  const longest = Math.max(...guesses.map(({ label }) => label.length));
  return guesses
    .map(({ label, probability }) => {
      const percent = `${(100 * probability).toFixed(2)} %`.padStart(8);
      return `${label.padEnd(longest)} ${percent} ${bar(probability)}`.trimEnd();
    })
    .join('\n');
}

/** Blocks, the last of them in eighths. */
function bar(share: number): string {
  const eighths = Math.round(share * BAR * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}
