import * as v from 'valibot';
import { checkOptions } from '../lib/check.ts';
import { constant } from '../lib/constant.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import { parseJson } from '../lib/parseJson.ts';
import type { Module, Params } from '../lib/module.ts';
import { checkSchema, integer, number, object, positive, record } from '../lib/schema.ts';
import type { TrainingProgress } from './trainer.ts';
import type { WeightAverage } from './weightAverage.ts';
import type { OptimizerState } from '../optim/state.ts';
import { withSafetensors } from '../formats/safetensors/safetensorsFile.ts';
import { finiteFloats } from '../formats/safetensors/finiteFloats.ts';
import { loadWeights, saveWeights } from '../formats/safetensors/weights.ts';

/** The objects whose tensors a checkpoint contains. */
export interface Checkpointable {
  /** The network, whose parameters and buffers are saved. */
  readonly network: Pick<Module, 'params' | 'buffers'>;
  /** The optimizer, whose state between steps is saved. */
  readonly optimizer: { state(): OptimizerState; restore(state: OptimizerState): void };
  /** The moving average of the weights, if the training has one. */
  readonly average?: Pick<WeightAverage, 'tensors'>;
}

/** The options of `saveCheckpoint`. */
export interface SaveCheckpointOptions extends Checkpointable {
  /** The progress of the training, from `trainer.progress`. */
  readonly progress: TrainingProgress;
  /** Additional entries for the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The version of the format that `saveCheckpoint` writes. */
const VERSION = 1;
const OPTIMIZER = 'optimizer/';
/**
 * The prefix of the averages, after `optimizer/`. Readers of weights ignore all names that begin
 * with `optimizer/`, and so the averages too.
 */
const AVERAGE = 'average/';

/**
 * Writes everything that is needed to resume training to one safetensors file, completely or not at
 * all. The network's parameters and buffers have their own names, so the file also serves as a
 * weights file. The optimizer's tensors have names such as `optimizer/velocity/0.weight`, and the
 * averages of the weights names such as `optimizer/average/0.weight`. The metadata contains the
 * progress as JSON, the version of the format, and the number of steps, if any, that the optimizer
 * has made outside this training.
 *
 * Errors: a value that is not finite; a file that cannot be written; an unknown option. The old
 *         file is then unchanged.
 *
 *     const checkpoint = () =>
 *       saveCheckpoint('model.safetensors', { network, optimizer, progress: trainer.progress });
 */
export async function saveCheckpoint(file: string, options: SaveCheckpointOptions): Promise<void> {
  checkOptions('saveCheckpoint', options, [
    'network',
    'optimizer',
    'average',
    'progress',
    'metadata',
  ]);
  const { network, optimizer, average, progress, metadata = {} } = options;
  const { tensors, scalars } = optimizer.state();
  const otherSteps = (scalars.steps ?? progress.step) - progress.step;
  const optimizerTensors = Object.fromEntries(
    Object.entries({ ...tensors, ...withPrefix(average?.tensors ?? {}) }).map(([name, value]) => [
      OPTIMIZER + name,
      value,
    ]),
  );
  const all = { ...network.params, ...network.buffers, ...optimizerTensors };
  const verdict = tidy(() => zeroIfFinite(Object.values(all)));
  const [broken] = await verdict.data();
  disposeTensors(verdict);
  if (broken !== 0)
    throw new InputError(
      `${file}: not written: expected finite weights after step ${progress.step}, got NaN or infinity`,
    );
  await saveWeights(file, all, {
    ...metadata,
    checkpointVersion: String(VERSION),
    progress: JSON.stringify(progress),
    optimizer: JSON.stringify(scalars),
    ...(otherSteps !== 0 && { otherSteps: JSON.stringify(otherSteps) }),
  });
}

/**
 * Sets a network and an optimizer to the state in a checkpoint.
 *
 * Errors: a file that contains only weights; a checkpoint in another version of the format;
 *         averages of the weights in only one of the checkpoint and the training; invalid progress
 *         or scalars (the message names the field); a number of steps that differs from the
 *         optimizer's; a tensor that is not finite; those of `loadWeights` and of the optimizer's
 *         `restore`; an unknown option.
 * @returns the progress, for `Trainer.restore`.
 *
 *     const trainer = new Trainer({ network, optimizer, cost, train, batchSize, epochs, rng });
 *     trainer.restore(await loadCheckpoint('model.safetensors', { network, optimizer }));
 */
export async function loadCheckpoint(
  file: string,
  options: Checkpointable,
): Promise<TrainingProgress> {
  checkOptions('loadCheckpoint', options, ['network', 'optimizer', 'average']);
  const { network, optimizer, average } = options;
  const { progress, scalars, tensors } = await withSafetensors(
    file,
    async ({ entries, metadata, read }) => {
      const progress = parseProgress(file, metadata);
      const scalars = parseScalars(file, metadata);
      checkSteps(file, metadata, progress, scalars);
      const stored = [...entries.values()].filter(({ name }) => name.startsWith(OPTIMIZER));
      const tensors: OptimizerState['tensors'] = Object.fromEntries(
        await Promise.all(
          stored.map(async (entry) => {
            if (entry.dtype !== 'F32') {
              const tensor = `tensor ${show(entry.name)}`;
              throw new InputError(`${file}: ${tensor}: expected F32, got ${entry.dtype}`);
            }
            const stored = await read(entry);
            const values = finiteFloats(file, entry.name, stored);
            const value = constant(values, [...stored.shape] as [number]);
            return [entry.name.slice(OPTIMIZER.length), value] as const;
          }),
        ),
      );
      return { progress, scalars, tensors };
    },
  );
  try {
    const averages = withPrefix(average?.tensors ?? {});
    checkAverages(file, averages, tensors);
    const own = { ...network.params, ...network.buffers };
    await loadWeights(file, own, { stored: {}, ignored: /^optimizer\// });
    const slots = Object.entries(tensors).filter(([name]) => !name.startsWith(AVERAGE));
    optimizer.restore({ tensors: Object.fromEntries(slots), scalars });
    for (const [name, variable] of Object.entries(averages)) variable.assign(tensors[name]);
    return progress;
  } finally {
    disposeTensors(tensors);
  }
}

function withPrefix(averages: Params): Params {
  return Object.fromEntries(
    Object.entries(averages).map(([name, average]) => [AVERAGE + name, average]),
  );
}

/** Throws if the averages in a checkpoint are not those of the training. */
function checkAverages(file: string, averages: Params, stored: OptimizerState['tensors']): void {
  const names = Object.keys(stored).filter((name) => name.startsWith(AVERAGE));
  const describe = (shape?: readonly number[]) =>
    shape === undefined ? 'none' : `one of shape ${show(shape)}`;
  for (const name of new Set([...Object.keys(averages), ...names])) {
    const [expected, got] = [averages[name]?.shape, stored[name]?.shape];
    if (show(expected ?? null) === show(got ?? null)) continue;
    throw new InputError(
      `${file}: ${name}: expected ${describe(expected)}, got ${describe(got)}; ` +
        'a training with an average of the weights continues with one, and no other does',
    );
  }
}

/**
 * Reads only the progress from a checkpoint.
 *
 * Errors: a file that contains only weights; a checkpoint in another version of the format.
 */
export async function readProgress(file: string): Promise<TrainingProgress> {
  return withSafetensors(file, ({ metadata }) => Promise.resolve(parseProgress(file, metadata)));
}

type Metadata = ReadonlyMap<string, string>;

function parseProgress(file: string, metadata: Metadata): TrainingProgress {
  checkVersion(file, metadata);
  return checkSchema(`${file}: progress`, PROGRESS, parseEntry(file, metadata, 'progress'));
}

function parseScalars(file: string, metadata: Metadata): Record<string, number> {
  return checkSchema(`${file}: optimizer`, SCALARS, parseEntry(file, metadata, 'optimizer'));
}

/**
 * Checks that the optimizer's number of steps is the number of steps of the training plus those
 * outside it, `otherSteps` in the metadata. An optimizer that does not count its steps is not
 * checked.
 */
function checkSteps(
  file: string,
  metadata: Metadata,
  { step }: TrainingProgress,
  { steps }: Readonly<Record<string, number | undefined>>,
): void {
  const other = metadata.has('otherSteps') ? parseEntry(file, metadata, 'otherSteps') : 0;
  const expected = step + checkSchema(`${file}: otherSteps`, WHOLE, other);
  if (steps === undefined || steps === expected) return;
  throw new InputError(
    `${file}: expected an optimizer after ${expected} steps, because the progress has ${step}, ` +
      `got one after ${steps}: the file was changed; use another checkpoint, or start the training anew`,
  );
}

/**
 * Throws for a checkpoint without a version, which is older than version 1, and for one with a
 * newer version.
 */
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
  const text = metadata.get(key);
  if (text !== undefined) return parseJson(`${file}: ${key}`, text);
  throw new InputError(
    `${file}: expected a checkpoint of a training, found no ${key} in its metadata`,
  );
}

const SCALARS = record(number());

const WHOLE = integer(Number.MIN_SAFE_INTEGER);

const WORD = integer(0, 2 ** 32 - 1);

const STREAMS = 'three generators: of the order, the augmentation, and the boxes';

/** The schema of a `TrainingProgress` in JSON. */
const PROGRESS = object({
  step: integer(0),
  examples: integer(1),
  batchSize: integer(1),
  dropLast: v.exactOptional(v.boolean()),
  lossSum: number(),
  errors: integer(0),
  metricSums: v.exactOptional(v.array(number())),
  best: v.exactOptional(
    object({ epoch: integer(1), errorRate: v.exactOptional(number(0)), loss: number() }),
  ),
  learningRate: v.exactOptional(positive()),
  plateau: v.exactOptional(SCALARS),
  streams: v.pipe(
    v.array(object({ key: v.strictTuple([WORD, WORD]), counter: integer(0) })),
    v.length(3, STREAMS),
  ),
}) satisfies v.GenericSchema<unknown, TrainingProgress>;
