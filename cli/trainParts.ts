import { Adagrad } from '../optim/adagrad.ts';
import { Adam } from '../optim/adam.ts';
import { AdamW } from '../optim/adamw.ts';
import { withGradientClipping, type OptimizerWithState } from '../optim/clip.ts';
import { withoutDecay } from '../optim/groups.ts';
import { RMSProp } from '../optim/rmsprop.ts';
import { SGD } from '../optim/sgd.ts';
import { augment, flip, shift, type Augmentation } from '../data/augment.ts';
import type { Dataset } from '../data/dataset.ts';
import { elastic } from '../data/elastic.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { ReduceOnPlateau } from '../optim/reduceOnPlateau.ts';
import {
  constantRate,
  cosineRate,
  exponentialRate,
  inverseRate,
  stepRate,
  warmUp,
  type Schedule,
} from '../optim/schedules.ts';
import type { RunOptions } from './runOptions.ts';

/**
 * The optimizer that the options ask for. Biases, normalizations and PReLU's a do not decay.
 *
 * Errors: Nesterov's momentum of another optimizer than sgd, or of none.
 */
export function optimizerOf(options: RunOptions, network: Module): OptimizerWithState {
  const { rate: learningRate, momentum, weightDecay, nesterov, clip, clipValue } = options;
  if (nesterov && (options.optimizer !== 'sgd' || momentum === 0)) {
    const got = options.optimizer === 'sgd' ? 'momentum 0' : options.optimizer;
    throw new InputError(
      `--nesterov: expected --optimizer sgd with a --momentum above 0, got ${got}`,
    );
  }
  const groups = [withoutDecay(network)];
  const rates = { learningRate, weightDecay, groups };
  const make: Record<RunOptions['optimizer'], () => OptimizerWithState> = {
    sgd: () => new SGD(network.params, { ...rates, momentum, ...(nesterov && { nesterov }) }),
    adagrad: () => new Adagrad(network.params, rates),
    rmsprop: () => new RMSProp(network.params, { ...rates, momentum }),
    adam: () => new Adam(network.params, rates),
    adamw: () => new AdamW(network.params, rates),
  };
  const optimizer = make[options.optimizer]();
  // The numbers first: a single one that is far too large would make all others too short.
  const short = clip === undefined ? optimizer : withGradientClipping(optimizer, { norm: clip });
  return clipValue === undefined ? short : withGradientClipping(short, { value: clipValue });
}

/** The schedule that the options ask for; `step` and `exponential` fall to a hundredth over the run. */
export function scheduleOf(
  { rate, epochs, schedule, warmUp: rise }: RunOptions,
  perEpoch: number,
): { schedule: Schedule; plateau?: ReduceOnPlateau } {
  const steps = epochs * perEpoch;
  const make: Record<RunOptions['schedule'], () => Schedule> = {
    cosine: () => cosineRate(rate, steps),
    constant: () => constantRate(rate),
    step: () => stepRate(rate, Math.ceil(steps / 3)),
    exponential: () => exponentialRate(rate, 0.01 ** (1 / steps)),
    inverse: () => inverseRate(rate),
    plateau: () => constantRate(rate),
  };
  const chosen = make[schedule]();
  return {
    schedule: rise === undefined ? chosen : warmUp(chosen, rise),
    ...(schedule === 'plateau' && { plateau: new ReduceOnPlateau({ patience: 2 }) }),
  };
}

/** The training records as the options have them changed. */
export function augmented(
  train: Dataset,
  { augment: names }: Pick<RunOptions, 'augment'>,
): Dataset {
  return names === undefined ? train : augment(train, augmentationsOf(names));
}

/** Errors: `--augment: expected shift:PIXELS, flip or elastic, got "rotate"`. */
export function augmentationsOf(names: readonly string[]): Augmentation[] {
  return names.map((name) => {
    const [, pixels] = /^shift:([1-9]\d?)$/.exec(name) ?? [];
    if (pixels !== undefined) return shift(Number(pixels));
    if (name === 'flip') return flip();
    if (name === 'elastic') return elastic();
    throw new InputError(`--augment: expected shift:PIXELS, flip or elastic, got ${show(name)}`);
  });
}
