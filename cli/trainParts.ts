import { Adagrad } from '../optim/adagrad.ts';
import { Adam } from '../optim/adam.ts';
import { AdamW } from '../optim/adamw.ts';
import { withGradientClipping } from '../optim/clip.ts';
import type { OptimizerWithState } from '../optim/state.ts';
import { withoutDecay, type ParamGroup } from '../optim/groups.ts';
import { RMSProp } from '../optim/rmsprop.ts';
import { SGD } from '../optim/sgd.ts';
import { augment, flip, shift, type Augmentation } from '../data/augment.ts';
import type { Dataset } from '../data/dataset.ts';
import { elastic } from '../data/elastic.ts';
import { didYouMean } from '../lib/didYouMean.ts';
import { mix } from '../data/mix.ts';
import type { Cost } from '../lib/cost.ts';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { ReduceOnPlateau } from '../optim/reduceOnPlateau.ts';
import {
  constantRate,
  cosineRate,
  exponentialRate,
  inverseRate,
  oneCycleRate,
  polynomialRate,
  stepRate,
  warmUp,
  type Schedule,
} from '../optim/schedules.ts';
import { freeze, pathMatcher } from '../train/freeze.ts';
import { WeightAverage } from '../train/weightAverage.ts';
import { targetCost, type Targets } from './targets.ts';
import type { RunOptions } from './trainOptions.ts';

/**
 * Creates the optimizer of a run. Weight decay is not applied to biases, normalizations and the
 * slopes of PReLU.
 *
 * Errors: Nesterov momentum with an optimizer other than sgd, or with momentum 0.
 */
export function optimizerOf(options: RunOptions, network: Module): OptimizerWithState {
  const { learningRate, momentum, weightDecay, nesterov, clipNorm, clipValue } = options;
  if (nesterov && (options.optimizer !== 'sgd' || momentum === 0)) {
    const got = options.optimizer === 'sgd' ? 'momentum 0' : options.optimizer;
    throw new InputError(
      `--nesterov: expected --optimizer sgd with a --momentum above 0, got ${got}`,
    );
  }
  // Without weight decay, a user's box need not state `noDecay`.
  const spared = weightDecay === 0 ? [] : [withoutDecay(network)];
  const groups = [...rateGroups(options.rates ?? [], network, spared), ...spared];
  const rates = { learningRate, weightDecay, groups };
  const make: Record<RunOptions['optimizer'], () => OptimizerWithState> = {
    sgd: () => new SGD(network.params, { ...rates, momentum, ...(nesterov && { nesterov }) }),
    adagrad: () => new Adagrad(network.params, rates),
    rmsprop: () => new RMSProp(network.params, { ...rates, momentum }),
    adam: () => new Adam(network.params, rates),
    adamw: () => new AdamW(network.params, rates),
  };
  const optimizer = make[options.optimizer]();
  // Elements are clipped before the norm. Otherwise, one huge element would shrink all others.
  const clipped =
    clipNorm === undefined ? optimizer : withGradientClipping(optimizer, { norm: clipNorm });
  return clipValue === undefined ? clipped : withGradientClipping(clipped, { value: clipValue });
}

/**
 * Parses `--rates stage4=0.1,fc=10`: groups of parameters with factors of the learning rate. A path
 * names a box, or a container with all boxes inside it, as in `--freeze`.
 *
 * Errors: a word of another form; a negative factor; a path that names no trainable parameter.
 * @param spared the group without weight decay, which the parameters of these groups may be in too.
 */
function rateGroups(
  words: readonly string[],
  network: Module,
  spared: readonly ParamGroup[],
): ParamGroup[] {
  const names = Object.keys(network.params);
  return words.flatMap((word) => {
    const [, path, factor] = /^([^=]+)=(\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(word) ?? [];
    if (path === undefined) {
      throw new InputError(`--rates: expected PATH=FACTOR, such as stage4=0.1, got ${show(word)}`);
    }
    const matches = pathMatcher(path);
    if (!names.some(matches)) {
      throw new InputError(
        `--rates: expected the path of a box with trainable parameters, got ${show(path)}${didYouMean(path, names)}`,
      );
    }
    const learningRateScale = Number(factor);
    return [
      ...spared.map((group) => ({
        matches: (name: string) => matches(name) && group.matches(name),
        weightDecay: 0,
        learningRateScale,
      })),
      { matches, learningRateScale },
    ];
  });
}

/**
 * Returns the network in the form in which it is trained: training leaves the boxes of `--freeze`
 * unchanged, or all boxes except those of `--train-only`.
 *
 * Errors: both options; those of `freeze`.
 */
export function trainable(
  network: Module,
  { freeze: frozen, trainOnly }: Pick<RunOptions, 'freeze' | 'trainOnly'>,
): Module {
  if (frozen !== undefined && trainOnly !== undefined)
    throw new InputError('--train-only: expected no --freeze with it, got both');
  if (trainOnly !== undefined) return freeze(network, { except: trainOnly });
  return frozen === undefined ? network : freeze(network, frozen);
}

/**
 * Creates the learning-rate schedule of a run. `step` and `exponential` decrease the rate to a
 * hundredth over the run. `polynomial` is a straight line to 0, and `one-cycle` has the learning
 * rate as its largest one. `plateau` is constant and comes with a scheduler that observes the
 * validation loss, or the training loss if there is no validation set.
 *
 * Errors: a warm-up longer than the run.
 */
export function scheduleOf(
  { learningRate, epochs, schedule, warmupSteps }: RunOptions,
  perEpoch: number,
): { schedule: Schedule; plateau?: ReduceOnPlateau } {
  const steps = epochs * perEpoch;
  if (warmupSteps !== undefined && warmupSteps > steps) {
    throw new InputError(
      `--warmup-steps: expected at most the ${steps} steps of the run, got ${warmupSteps}: ` +
        'the learning rate would never be reached',
    );
  }
  const make: Record<RunOptions['schedule'], () => Schedule> = {
    cosine: () => cosineRate(learningRate, steps),
    constant: () => constantRate(learningRate),
    step: () => stepRate(learningRate, { every: Math.ceil(steps / 3) }),
    exponential: () => exponentialRate(learningRate, 0.01 ** (1 / steps)),
    inverse: () => inverseRate(learningRate),
    plateau: () => constantRate(learningRate),
    polynomial: () => polynomialRate(learningRate, steps),
    'one-cycle': () => oneCycleRate(learningRate, steps),
  };
  const chosen = make[schedule]();
  return {
    schedule: warmupSteps === undefined ? chosen : warmUp(chosen, warmupSteps),
    ...(schedule === 'plateau' && { plateau: new ReduceOnPlateau({ patience: 2 }) }),
  };
}

/** Augments and mixes the training examples as the options state. */
export function augmented(
  train: Dataset,
  { augment: names, mixup, cutmix }: Pick<RunOptions, 'augment' | 'mixup' | 'cutmix'>,
): Dataset {
  const changed = names === undefined ? train : augment(train, augmentationsOf(names));
  if (mixup === undefined && cutmix === undefined) return changed;
  return mix(changed, {
    ...(mixup !== undefined && { mixup }),
    ...(cutmix !== undefined && { cutmix }),
  });
}

/** Creates the cost of a run: that of its targets, or the cross-entropy of labels. */
export function costOf(
  { labelSmoothing = 0 }: Pick<RunOptions, 'labelSmoothing'>,
  targets?: Targets,
): Cost {
  return targets === undefined
    ? new SoftmaxCrossEntropy({ labelSmoothing })
    : targetCost(targets, labelSmoothing);
}

/** Creates the moving average of the weights of a run, if it has one. */
export function averageOf(
  { ema: decay }: Pick<RunOptions, 'ema'>,
  network: Module,
): WeightAverage | undefined {
  return decay === undefined ? undefined : new WeightAverage(network, { decay });
}

/**
 * Parses `--augment`. Errors: `--augment: expected shift:PIXELS, flip or elastic, got "rotate"`.
 */
export function augmentationsOf(names: readonly string[]): Augmentation[] {
  return names.map((name) => {
    const [, pixels] = /^shift:([1-9]\d?)$/.exec(name) ?? [];
    if (pixels !== undefined) return shift(Number(pixels));
    if (name === 'flip') return flip();
    if (name === 'elastic') return elastic();
    throw new InputError(`--augment: expected shift:PIXELS, flip or elastic, got ${show(name)}`);
  });
}
