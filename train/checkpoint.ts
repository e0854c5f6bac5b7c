import { constant } from '../lib/constant.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
import { InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import type { TrainingProgress } from './trainer.ts';
import type { OptimizerState } from '../optim/state.ts';
import { withSafetensors } from '../formats/safetensors/safetensorsFile.ts';
import { loadWeights, saveWeights } from '../formats/safetensors/weights.ts';

/** The objects whose tensors a checkpoint holds. */
export interface Checkpointable {
  /** The network: its parameters and buffers. */
  readonly network: Pick<Module, 'params' | 'buffers'>;
  /** The optimizer: everything that it keeps between steps. */
  readonly optimizer: { state(): OptimizerState; restore(state: OptimizerState): void };
}

/** The options of `saveCheckpoint`. */
export interface SaveCheckpointOptions extends Checkpointable {
  /** `trainer.progress` */
  readonly progress: TrainingProgress;
  /** Further entries of the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The version of the format that `saveCheckpoint` writes. */
const VERSION = 1;
const OPTIMIZER = 'optimizer/';

/**
 * Writes everything that a training is continued from into one safetensors file, whole or not at
 * all: the network's parameters and buffers under their own names, so the file serves as weights
 * too; the optimizer's tensors as `optimizer/velocity/0.weight`; the progress as JSON and the
 * version of the format in the metadata.
 *
 * Errors: a value that is not finite; a file that cannot be written. Both leave the old file as it
 *          was.
 *
 *     const checkpoint = () =>
 *       saveCheckpoint('model.safetensors', { network, optimizer, progress: trainer.progress });
 */
export async function saveCheckpoint(
  file: string,
  { network, optimizer, progress, metadata = {} }: SaveCheckpointOptions,
): Promise<void> {
  const { tensors, scalars } = optimizer.state();
  const optimizerTensors = Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => [OPTIMIZER + name, value]),
  );
  const all = { ...network.params, ...network.buffers, ...optimizerTensors };
  const verdict = tidy(() => zeroIfFinite(Object.values(all)));
  const [broken] = await verdict.data();
  disposeTensors(verdict);
  if (broken !== 0)
    throw new InputError(
      `${file}: not written: expected finite weights after step ${progress.step}`,
    );
  await saveWeights(file, all, {
    ...metadata,
    checkpointVersion: String(VERSION),
    progress: JSON.stringify(progress),
    optimizer: JSON.stringify(scalars),
  });
}

/**
 * Sets a network and an optimizer to the state in a checkpoint.
 *
 * Errors: a file of weights only; a checkpoint of another version of the format; those of
 *         `loadWeights` and of the optimizer's `restore`.
 * @returns the progress, for `Trainer.restore`.
 *
 *     const trainer = new Trainer({ network, optimizer, cost, train, batchSize, epochs, rng });
 *     trainer.restore(await loadCheckpoint('model.safetensors', { network, optimizer }));
 */
export async function loadCheckpoint(
  file: string,
  { network, optimizer }: Checkpointable,
): Promise<TrainingProgress> {
  const { progress, scalars, tensors } = await withSafetensors(
    file,
    async ({ entries, metadata, read }) => {
      const progress = parseProgress(file, metadata);
      const scalars = parseScalars(file, metadata);
      const stored = [...entries.values()].filter(({ name }) => name.startsWith(OPTIMIZER));
      const tensors: OptimizerState['tensors'] = Object.fromEntries(
        await Promise.all(
          stored.map(async (entry) => {
            const { data, shape } = await read(entry);
            const values = Float32Array.from(data, Number);
            const value = constant(values, [...shape] as [number]);
            return [entry.name.slice(OPTIMIZER.length), value] as const;
          }),
        ),
      );
      return { progress, scalars, tensors };
    },
  );
  try {
    const own = { ...network.params, ...network.buffers };
    await loadWeights(file, own, { stored: {}, ignored: /^optimizer\// });
    optimizer.restore({ tensors, scalars });
    return progress;
  } finally {
    disposeTensors(tensors);
  }
}

/**
 * Reads only the progress from a checkpoint.
 *
 * Errors: a file of weights only; a checkpoint of another version of the format.
 */
export async function readProgress(file: string): Promise<TrainingProgress> {
  return withSafetensors(file, ({ metadata }) => Promise.resolve(parseProgress(file, metadata)));
}

type Metadata = ReadonlyMap<string, string>;

function parseProgress(file: string, metadata: Metadata): TrainingProgress {
  checkVersion(file, metadata);
  const progress = parseEntry(file, metadata, 'progress');
  if (isProgress(progress)) return progress;
  throw new InputError(`${file}: expected the progress of a training, got ${show(progress)}`);
}

function parseScalars(file: string, metadata: Metadata): Record<string, number> {
  const scalars = parseEntry(file, metadata, 'optimizer');
  if (areScalars(scalars)) return scalars;
  throw new InputError(`${file}: expected the scalars of an optimizer, got ${show(scalars)}`);
}

/** Refuses a checkpoint without a version, which is from before 1, and one from after `VERSION`. */
function checkVersion(file: string, metadata: Metadata): void {
  const version = metadata.get('checkpointVersion');
  if (version === String(VERSION) || !metadata.has('progress')) return;
  const expected = `${file}: expected a checkpoint of format version ${VERSION}, got`;
  throw new InputError(
    version === undefined
      ? `${expected} one without a version, which an older boxprop wrote; start the training anew`
      : `${expected} version ${show(version)}; update boxprop`,
  );
}

function parseEntry(file: string, metadata: Metadata, key: string): unknown {
  try {
    return JSON.parse(metadata.get(key) ?? '');
  } catch {
    throw new InputError(
      `${file}: expected a checkpoint of a training, found no ${key} in its metadata`,
    );
  }
}

function areScalars(value: unknown): value is Record<string, number> {
  return isObject(value) && Object.values(value).every(Number.isFinite);
}

function isProgress(value: unknown): value is TrainingProgress {
  const numbers = ['step', 'examples', 'batchSize', 'lossSum', 'errors', 'learningRate'];
  return (
    isObject(value) &&
    numbers.every((key) => Number.isFinite(value[key])) &&
    Array.isArray(value.streams) &&
    value.streams.length === 3
  );
}
