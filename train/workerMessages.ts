import type { BoxError } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import type { EpochEvent, StepEvent, TrainResult } from './trainer.ts';
import type { NetworkWeights } from './networkWeights.ts';

/** The methods that training needs, both of a `Worker` and of a worker's global scope. */
export interface TrainingHost {
  /** Sends a message. The objects in `transfer` are moved and not copied. */
  postMessage(message: unknown, transfer: object[]): void;
  /** Adds a listener for messages, or for errors of the worker. */
  addEventListener(
    type: string,
    listener: (event: { readonly data?: unknown; readonly message?: string }) => void,
  ): void;
  /** Removes a listener. */
  removeEventListener(
    type: string,
    listener: (event: { readonly data?: unknown; readonly message?: string }) => void,
  ): void;
}

/** The methods of a `MessagePort` that training needs. */
export interface TrainingPort extends TrainingHost {
  start(): void;
  close(): void;
}

/** The message that starts a training run. All later messages go through `port`. */
export interface StartMessage {
  readonly boxprop: 'train';
  readonly settings: unknown;
  readonly weights: NetworkWeights;
  /** Whether the page has aborted the training before its start. */
  readonly aborted: boolean;
  readonly port: TrainingPort;
}

/** A message of the worker. */
export type WorkerMessage =
  | { readonly type: 'steps'; readonly events: readonly StepEvent[] }
  | { readonly type: 'epoch'; readonly event: EpochEvent; readonly weights: NetworkWeights }
  | { readonly type: 'end'; readonly result: TrainResult; readonly weights: NetworkWeights }
  | WorkerError;

/** An error of the worker. `box` is present if the error belongs to a box. */
export interface WorkerError {
  readonly type: 'error';
  readonly name: string;
  readonly message: string;
  readonly box?: Pick<BoxError, 'path' | 'problem'>;
}

/** Returns whether a message of a page starts a training run. */
export function isStart(data: unknown): data is StartMessage {
  return isObject(data) && data.boxprop === 'train';
}
