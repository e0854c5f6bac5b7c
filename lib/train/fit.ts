import { release } from '../memory.ts';
import type { Cost } from '../cost.ts';
import { shuffledBatches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError, show } from '../errors.ts';
import type { Module } from '../module.ts';
import type { Rng } from '../rng.ts';
import { breathe } from './breathe.ts';
import type { Schedule } from './schedules.ts';
import { trainStep, type Optimizer } from './trainStep.ts';

export interface StepEvent {
  /** Counted from 0, over all epochs. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  readonly learningRate: number;
  /** Of the batch, from before the step. */
  readonly loss: number;
  /** Records of the batch. */
  readonly records: number;
}

export interface EpochEvent {
  /** Counted from 1. */
  readonly epoch: number;
  /** The mean over the epoch's records of the loss that each had when it was trained on. */
  readonly loss: number;
}

export interface FitOptions {
  readonly network: Module;
  /** Its targets are the labels of the dataset. */
  readonly cost: Cost;
  readonly optimizer: Optimizer;
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly epochs: number;
  /** Orders the records, and feeds boxes that are random in training. */
  readonly rng: Rng;
  /** Sets the optimizer's learning rate before each step; by default it stays as it is. */
  readonly schedule?: Schedule;
  /** Ends the training after the step in progress. */
  readonly signal?: AbortSignal;
  readonly onStep?: (event: StepEvent) => void;
  /** Is waited for before the next epoch. It is not called for an epoch that was cut short. */
  readonly onEpoch?: (event: EpochEvent) => void | Promise<void>;
}

export interface FitResult {
  /** Whole epochs. */
  readonly epochs: number;
  readonly steps: number;
  readonly aborted: boolean;
}

/**
 * Trains a network: for each epoch, `trainStep` on every record once, in a new random order. Lets the event loop
 * run after each step, so that a signal is heard.
 *
 * Errors: those of `trainStep`; epochs that are no integer of at least 1; a bad batch size.
 * Source: lecture, "Stochastic gradient descent".
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  const { network, cost, optimizer, dataset, batchSize, epochs, schedule, signal, onStep, onEpoch } = options;
  if (!Number.isSafeInteger(epochs) || epochs < 1) {
    throw new InputError(`fit: expected epochs to be an integer of at least 1, got ${show(epochs)}`);
  }
  const order = options.rng.split();
  const rng = options.rng.split();
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let total = 0;
    for (const indices of shuffledBatches(dataset.length, batchSize, order)) {
      if (signal?.aborted) return { epochs: epoch - 1, steps: step, aborted: true };
      if (schedule !== undefined) optimizer.learningRate = schedule(step);
      const { input, labels } = dataset.batch(indices);
      let loss: number;
      try {
        loss = await trainStep(network, cost, optimizer, input, labels, { mode: 'training', rng, step });
      } finally {
        release([input, labels]);
      }
      const records = indices.length;
      total += loss * (cost.reduction === 'mean' ? records : 1);
      onStep?.({ step, epoch, learningRate: optimizer.learningRate, loss, records });
      step++;
      await breathe();
    }
    await onEpoch?.({ epoch, loss: total / dataset.length });
  }
  return { epochs, steps: step, aborted: false };
}
