import { constant } from '../lib/constant.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import type { TrainingProgress } from './trainer.ts';
import type { OptimizerState } from '../optim/state.ts';
import { withSafetensors } from '../formats/safetensors/safetensorsFile.ts';
import { loadWeights, saveWeights } from '../formats/safetensors/weights.ts';

/** What a checkpoint holds the state of. */
export interface Checkpointable {
  readonly network: Pick<Module, 'params' | 'buffers'>;
  readonly optimizer: { state(): OptimizerState; restore(state: OptimizerState): void };
}

const OPTIMIZER = 'optimizer/';

/**
 * Writes all that a training is continued from into one safetensors file, whole or not at all: the network's parameters
 * and buffers under their own names, so that the file serves as weights too, the optimizer's tensors as
 * `optimizer/velocity/0.weight`, and the progress as JSON in the metadata.
 *
 * Errors: a value that is not finite, a file that cannot be written; then the file is as it was.
 */
export async function saveCheckpoint(
  file: string,
  { network, optimizer }: Checkpointable,
  progress: TrainingProgress,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { tensors, numbers } = optimizer.state();
  const ofOptimizer = Object.entries(tensors).map(
    ([name, value]) => [OPTIMIZER + name, value] as const,
  );
  const all = { ...network.params, ...network.buffers, ...Object.fromEntries(ofOptimizer) };
  const verdict = tidy(() => zeroIfFinite(Object.values(all)));
  const [broken] = await verdict.data();
  disposeTensors(verdict);
  if (broken !== 0)
    throw new InputError(
      `${file}: not written: expected finite weights after step ${progress.step}`,
    );
  const text = { progress: JSON.stringify(progress), optimizer: JSON.stringify(numbers) };
  await saveWeights(file, all, { ...metadata, ...text });
}

/**
 * Sets network and optimizer as a checkpoint has them.
 *
 * Errors: those of `loadWeights` and the optimizer's `restore`; a file of weights alone.
 * @returns for `Trainer.restore`.
 */
export async function loadCheckpoint(
  file: string,
  { network, optimizer }: Checkpointable,
): Promise<TrainingProgress> {
  const state = await withSafetensors(file, async ({ entries, metadata, read }) => {
    const tensors: OptimizerState['tensors'] = Object.fromEntries(
      await Promise.all(
        Array.from(entries.values())
          .filter(({ name }) => name.startsWith(OPTIMIZER))
          .map(async (entry) => {
            const { data, shape } = await read(entry);
            const values = Float32Array.from(data, Number);
            return [
              entry.name.slice(OPTIMIZER.length),
              constant(values, [...shape] as [number]),
            ] as const;
          }),
      ),
    );
    return { tensors, progress: metadata.get('progress'), numbers: metadata.get('optimizer') };
  });
  try {
    const progress = toProgress(file, state.progress);
    const numbers = parse(file, 'optimizer', state.numbers) as Record<string, number>;
    const own = { ...network.params, ...network.buffers };
    await loadWeights(file, own, { stored: {}, ignored: /^optimizer\// });
    optimizer.restore({ tensors: state.tensors, numbers });
    return progress;
  } finally {
    disposeTensors(state.tensors);
  }
}

/** Where the training stood that wrote a checkpoint. Errors: those of `loadCheckpoint` that are of this. */
export async function readProgress(file: string): Promise<TrainingProgress> {
  return toProgress(
    file,
    await withSafetensors(file, ({ metadata }) => Promise.resolve(metadata.get('progress'))),
  );
}

function toProgress(file: string, text: string | undefined): TrainingProgress {
  const progress = parse(file, 'progress', text);
  if (isProgress(progress)) return progress;
  throw new InputError(`${file}: expected the progress of a training, got ${show(progress)}`);
}

function parse(file: string, key: string, text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(
      `${file}: expected a checkpoint of a training, found no ${key} in its metadata`,
    );
  }
}

function isProgress(value: unknown): value is TrainingProgress {
  const numbers = ['step', 'examples', 'batchSize', 'lossSum', 'errors', 'learningRate'] as const;
  if (typeof value !== 'object' || value === null) return false;
  const progress = value as Partial<TrainingProgress>;
  return (
    numbers.every((key) => Number.isFinite(progress[key])) &&
    Array.isArray(progress.streams) &&
    progress.streams.length === 3
  );
}
