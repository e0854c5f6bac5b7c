import { softmax, type Tensor } from '@tensorflow/tfjs-core';
import { Euclidean } from '../../losses/euclidean.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import type { Cases, Draw } from '../case.ts';

/** Rows of probabilities. */
function distributions(draw: Draw, batch: number, classes: number): Tensor {
  const scores = draw.normal([batch, classes]);
  const probabilities = softmax(scores);
  scores.dispose();
  return probabilities;
}

export const cases: Cases = {
  Euclidean: (draw) => {
    const shape = Array.from({ length: draw.integer(1, 3) }, () => draw.integer(1, 4));
    const reduction = draw.pick('mean', 'sum');
    return {
      config: `Euclidean({ reduction: ${reduction} }) on [${shape.join(', ')}]`,
      box: new Euclidean({ reduction }),
      input: draw.normal(shape),
      target: draw.normal(shape),
    };
  },
  SoftmaxCrossEntropy: (draw) => {
    const [batch, classes] = [draw.integer(1, 5), draw.integer(2, 5)];
    const reduction = draw.pick('mean', 'sum');
    const labels = draw.chance(0.5);
    return {
      config: `SoftmaxCrossEntropy({ reduction: ${reduction} }) on [${batch}, ${classes}], ${labels ? 'labels' : 'probabilities'}`,
      box: new SoftmaxCrossEntropy({ reduction }),
      input: draw.normal([batch, classes], 2),
      target: labels ? draw.labels(batch, classes) : distributions(draw, batch, classes),
    };
  },
};
