import { softmax, type Tensor } from '@tensorflow/tfjs-core';
import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { ClassificationMetrics } from '../train/classificationMetrics.ts';
import { picturesOf, type Picture } from './pictures.ts';

/** An example that the network misclassifies. */
export interface WrongExample {
  /** The index of the example. */
  readonly example: number;
  /** The image of the example. */
  readonly picture: Picture;
  /** The class of the example. */
  readonly label: number;
  /** The class that the network predicts. */
  readonly prediction: number;
  /** The probability (softmax) of the predicted class. */
  readonly probability: number;
}

/** The predictions of a network on a dataset. */
export interface Predictions {
  /** The number of examples. */
  readonly examples: number;
  /** The number of misclassified examples. */
  readonly errors: number;
  /**
   * `confusion[label][prediction]` is the number of examples with this label and this prediction.
   */
  readonly confusion: readonly (readonly number[])[];
  /** The misclassified examples for which the predicted class is most probable, at most twelve. */
  readonly wrong: readonly WrongExample[];
}

const [EXAMPLES, SHOWN] = [2000, 12];

/** Collects a network's predictions for the first examples of a dataset, at most 2000. */
export async function predictions(network: Module, data: Dataset): Promise<Predictions> {
  const metrics = new ClassificationMetrics(data.classes);
  let wrong: WrongExample[] = [];
  for (const indices of batches(Math.min(EXAMPLES, data.length), 100)) {
    const batch = await data.batch(indices);
    const probabilities: Tensor = tidy(() => softmax(network.infer(batch.input)));
    const [values, labels] = [await probabilities.data(), await batch.labels.data()];
    metrics.add(values, labels);
    const pictures = picturesOf(await batch.input.data(), data.inputShape);
    disposeTensors([batch, probabilities]);
    const found = pictures.map((picture, n) => {
      const row = Array.from(values.slice(n * data.classes, (n + 1) * data.classes));
      const probability = Math.max(...row);
      return {
        example: indices[n],
        picture,
        label: labels[n],
        prediction: row.indexOf(probability),
        probability,
      };
    });
    wrong = [
      ...wrong,
      ...found.filter(({ prediction, label }) => prediction >= 0 && prediction !== label),
    ]
      .sort((a, b) => b.probability - a.probability)
      .slice(0, SHOWN);
  }
  const { examples, errors, confusion } = metrics;
  return { examples, errors, confusion, wrong };
}
