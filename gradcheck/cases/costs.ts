import {
  add,
  log,
  round,
  sigmoid,
  softmax,
  tensor,
  tensor1d,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Reduction } from '../../lib/cost.ts';
import type { LabelOptions } from '../../losses/labels.ts';
import { BinaryCrossEntropy } from '../../losses/binaryCrossEntropy.ts';
import { CosineDistance } from '../../losses/cosineDistance.ts';
import { Dice } from '../../losses/dice.ts';
import { Euclidean } from '../../losses/euclidean.ts';
import { Focal } from '../../losses/focal.ts';
import { Hinge } from '../../losses/hinge.ts';
import { Huber } from '../../losses/huber.ts';
import { KLDivergence } from '../../losses/klDivergence.ts';
import { L1 } from '../../losses/l1.ts';
import { NegativeLogLikelihood } from '../../losses/negativeLogLikelihood.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import type { Cases, Draw } from '../case.ts';

/** Draws the shape of a batch whose examples have 0 to 2 axes. */
function batchShape(draw: Draw): number[] {
  return Array.from({ length: draw.integer(1, 3) }, () => draw.integer(1, 4));
}

function reductions(draw: Draw): Reduction {
  return draw.pick('mean', 'sum');
}

/** Draws probabilities, which sum to 1 along the last axis. */
function distributions(draw: Draw, shape: readonly number[]): Tensor {
  return tidy(() => softmax(draw.normal([...shape])));
}

/** Draws the shape of scores per class: one row per example, or per position of an example. */
function scoreShape(draw: Draw): number[] {
  const between = Array.from({ length: draw.pick(0, 0, 1, 2) }, () => draw.integer(1, 3));
  return [draw.integer(1, 5), ...between, draw.integer(2, 5)];
}

/** Draws class weights, an ignored label, both, or neither. */
function labelOptions(draw: Draw, classes: number, ignores: boolean): LabelOptions {
  const weights = Array.from({ length: classes }, () => draw.integer(1, 8) / 4);
  return {
    reduction: reductions(draw),
    ...(draw.chance(0.5) && { weights }),
    ...(ignores &&
      draw.chance(0.5) && { ignoreIndex: draw.pick(-100, 255, draw.integer(0, classes - 1)) }),
  };
}

/**
 * Draws labels, some of which are ignored. The first label is not ignored, because otherwise the
 * gradient could be 0.
 */
function labels(draw: Draw, scores: readonly number[], ignoreIndex?: number): Tensor {
  const [shape, classes] = [scores.slice(0, -1), scores[scores.length - 1]];
  const positions = shape.reduce((product, size) => product * size, 1);
  const drawn = Array.from({ length: positions }, (_, n) => {
    if (ignoreIndex === undefined) return draw.integer(0, classes - 1);
    if (n > 0 && draw.chance(0.4)) return ignoreIndex;
    const label = draw.integer(0, classes - 1);
    return label === ignoreIndex ? (label + 1) % classes : label;
  });
  return tensor(drawn, shape, 'int32');
}

/**
 * Draws labels for the hinge loss. The first label is the class with the lowest score, so that the
 * gradient of the first example is not 0.
 */
function someWrong(draw: Draw, scores: Tensor, [batch, classes]: [number, number]): Tensor {
  const first = [...scores.dataSync().subarray(0, classes)];
  const drawn = Array.from({ length: batch }, () => draw.integer(0, classes - 1));
  drawn[0] = first.indexOf(Math.min(...first));
  return tensor1d(drawn, 'int32');
}

/** The cases of the costs. */
export const cases: Cases = {
  Euclidean: (draw) => {
    const shape = batchShape(draw);
    const reduction = reductions(draw);
    return {
      config: `Euclidean({ reduction: ${reduction} }) on [${shape.join(', ')}]`,
      box: new Euclidean({ reduction }),
      input: draw.normal(shape),
      target: draw.normal(shape),
    };
  },
  SoftmaxCrossEntropy: (draw) => {
    const shape = scoreShape(draw);
    const onLabels = draw.chance(0.6);
    const options = {
      ...labelOptions(draw, shape[shape.length - 1], onLabels),
      ...(draw.chance(0.4) && { labelSmoothing: draw.pick(0.1, 0.5, 1) }),
    };
    return {
      config: `SoftmaxCrossEntropy(${JSON.stringify(options)}) on [${shape.join(', ')}], ${onLabels ? 'labels' : 'probabilities'}`,
      box: new SoftmaxCrossEntropy(options),
      input: draw.normal(shape, 2),
      target: onLabels ? labels(draw, shape, options.ignoreIndex) : distributions(draw, shape),
    };
  },
  NegativeLogLikelihood: (draw) => {
    const shape = scoreShape(draw);
    const options = labelOptions(draw, shape[shape.length - 1], true);
    return {
      config: `NegativeLogLikelihood(${JSON.stringify(options)}) on [${shape.join(', ')}]`,
      box: new NegativeLogLikelihood(options),
      input: tidy(() => log(distributions(draw, shape))),
      target: labels(draw, shape, options.ignoreIndex),
    };
  },
  L1: (draw) => {
    const shape = batchShape(draw);
    const reduction = reductions(draw);
    const target = draw.normal(shape);
    return {
      config: `L1({ reduction: ${reduction} }) on [${shape.join(', ')}]`,
      box: new L1({ reduction }),
      // The kink of L1 is where input and target are equal, so their differences keep a distance
      // from 0.
      input: tidy(() => add(target, draw.wellSeparated(shape))),
      target,
    };
  },
  Huber: (draw) => {
    const shape = batchShape(draw);
    // With these deltas, most, about half, or few of the differences are on the linear part of the
    // cost.
    const options = { delta: draw.pick(0.25, 1, 2.5), reduction: reductions(draw) };
    return {
      config: `Huber(${JSON.stringify(options)}) on [${shape.join(', ')}]`,
      box: new Huber(options),
      input: draw.normal(shape),
      target: draw.normal(shape),
    };
  },
  Hinge: (draw) => {
    const shape: [number, number] = [draw.integer(1, 5), draw.integer(2, 7)];
    const reduction = reductions(draw);
    // With these gaps, no two scores are equal or differ by 1, where the hinge loss has a kink.
    const input = draw.wellSeparated(shape, draw.pick(0.15, 0.4));
    return {
      config: `Hinge({ reduction: ${reduction} }) on [${shape.join(', ')}]`,
      box: new Hinge({ reduction }),
      input,
      target: someWrong(draw, input, shape),
    };
  },
  Focal: (draw) => {
    const shape = batchShape(draw);
    const options = {
      gamma: draw.pick(0, 1, 2, 2.5),
      alpha: draw.pick(0.25, 0.5, 0.9),
      reduction: reductions(draw),
    };
    return {
      config: `Focal(${JSON.stringify(options)}) on [${shape.join(', ')}]`,
      box: new Focal(options),
      input: draw.normal(shape, 2),
      target: tidy(() => sigmoid(draw.normal(shape))),
    };
  },
  Dice: (draw) => {
    const shape = [...batchShape(draw), draw.integer(1, 3)];
    const options = {
      smooth: draw.pick(1e-5, 1),
      squared: draw.chance(0.5),
      reduction: reductions(draw),
    };
    return {
      config: `Dice(${JSON.stringify(options)}) on [${shape.join(', ')}]`,
      box: new Dice(options),
      input: tidy(() => sigmoid(draw.normal(shape))),
      target: tidy(() => sigmoid(draw.normal(shape))),
    };
  },
  KLDivergence: (draw) => {
    const shape = scoreShape(draw);
    const reduction = reductions(draw);
    return {
      config: `KLDivergence({ reduction: ${reduction} }) on [${shape.join(', ')}]`,
      box: new KLDivergence({ reduction }),
      input: tidy(() => log(distributions(draw, shape))),
      target: distributions(draw, shape),
    };
  },
  CosineDistance: (draw) => {
    // With a single feature, the cosine is constant.
    const shape = [...batchShape(draw), draw.integer(2, 5)];
    const reduction = reductions(draw);
    return {
      config: `CosineDistance({ reduction: ${reduction} }) on [${shape.join(', ')}]`,
      box: new CosineDistance({ reduction }),
      input: draw.normal(shape),
      target: draw.normal(shape),
    };
  },
  BinaryCrossEntropy: (draw) => {
    const shape = batchShape(draw);
    const places = shape[shape.length - 1];
    const posWeight = draw.pick<number | number[] | undefined>(
      undefined,
      draw.integer(1, 8) / 4,
      Array.from({ length: places }, () => draw.integer(1, 8) / 4),
    );
    const options = { reduction: reductions(draw), ...(posWeight !== undefined && { posWeight }) };
    const certain = draw.chance(0.5);
    return {
      config: `BinaryCrossEntropy(${JSON.stringify(options)}) on [${shape.join(', ')}], ${certain ? '0 or 1' : 'probabilities'}`,
      box: new BinaryCrossEntropy(options),
      input: draw.normal(shape, 2),
      target: tidy(() => {
        const probabilities = sigmoid(draw.normal(shape));
        return certain ? round(probabilities) : probabilities;
      }),
    };
  },
};
