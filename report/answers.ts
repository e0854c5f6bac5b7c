import { softmax, type Tensor } from '@tensorflow/tfjs-core';
import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { ClassificationMetrics } from '../train/classificationMetrics.ts';
import { picturesOf, type Picture } from './pictures.ts';

/** A record that the network takes for something else. */
export interface WrongExample {
  readonly record: number;
  readonly picture: Picture;
  readonly label: number;
  readonly answer: number;
  /** Of the answer. */
  readonly probability: number;
}

export interface Answers {
  /** The records that were asked. */
  readonly records: number;
  readonly errors: number;
  /** `confusion[label][answer]` */
  readonly confusion: readonly (readonly number[])[];
  /** The surest of the wrong answers, at most twelve. */
  readonly wrong: readonly WrongExample[];
}

const [RECORDS, SHOWN] = [2000, 12];

/** How a network answers the first records of a dataset. */
export async function answers(network: Module, data: Dataset): Promise<Answers> {
  const tally = new ClassificationMetrics(data.classes);
  let wrong: WrongExample[] = [];
  for (const records of batches(Math.min(RECORDS, data.length), 100)) {
    const batch = await data.batch(records);
    const probabilities: Tensor = tidy(() => softmax(network.infer(batch.input)));
    const [values, labels] = [await probabilities.data(), await batch.labels.data()];
    tally.add(values, labels);
    const pictures = picturesOf(await batch.input.data(), data.inputShape);
    disposeTensors([batch, probabilities]);
    const found = pictures.map((picture, n) => {
      const row = Array.from(values.slice(n * data.classes, (n + 1) * data.classes));
      const probability = Math.max(...row);
      return {
        record: records[n],
        picture,
        label: labels[n],
        answer: row.indexOf(probability),
        probability,
      };
    });
    wrong = [...wrong, ...found.filter(({ answer, label }) => answer >= 0 && answer !== label)]
      .sort((a, b) => b.probability - a.probability)
      .slice(0, SHOWN);
  }
  return { records: tally.examples, errors: tally.errors, confusion: tally.confusion, wrong };
}
