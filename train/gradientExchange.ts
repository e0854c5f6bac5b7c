import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { constant, newValues } from '../lib/constant.ts';
import { InputError } from '../lib/errors.ts';
import {
  gatherText,
  GroupError,
  type Group,
  type GroupValues,
  type PendingSum,
} from '../lib/group.ts';
import { copyToHost } from '../lib/kernels/backends/host.ts';
import { tidy } from '../lib/memory.ts';
import type { AnyModule, Grads, Params } from '../lib/module.ts';
import type { WholeBatch } from './wholeBatch.ts';

/**
 * The size of a bucket, in bytes. It is large enough that the fixed cost of an exchange does not
 * matter, and only a small part of a large network.
 */
const BUCKET_BYTES = 4 * 2 ** 20;

/** What a rank contributes to a step, after its backward pass. */
export interface RankStep {
  /** All gradients of this rank, multiplied by `batch.scale`. */
  readonly grads: Grads;
  /** The buffers of the network. */
  readonly buffers: Params;
  /** The place of the rank's examples in the batch. */
  readonly batch: WholeBatch;
  /** The loss of the rank's examples. */
  readonly loss: number;
  /** A reason why the step cannot be completed. */
  readonly problem: string | undefined;
}

/** The gradients and the loss of the batch of all ranks. */
export interface WholeStep {
  readonly grads: Grads;
  readonly loss: number;
}

/** A tensor that has a place in a bucket but has not been copied to it yet. */
interface Unsent {
  readonly tensor: Tensor;
  readonly place: GroupValues;
  /** The number by which the tensor's values are multiplied. */
  readonly factor: number;
}

/**
 * Sums the gradients of a network over the ranks of a group. While the backward pass continues with
 * the lower boxes, the gradients of the upper boxes are already being exchanged, in buckets of 4
 * MB. The object is reused from step to step.
 *
 *   begin          before the forward pass
 *   afterForward   for each box that has run forward
 *   add            for each box whose gradients are computed
 *   finish         after the backward pass; resolves to the sums
 *   drain          in place of finish, after an error
 *
 * All ranks run the same boxes in the same order, so their buckets have the same layout.
 */
export class GradientExchange {
  /** The ranks that take part. */
  readonly group: Group;
  /** The time that steps have spent on copies and in waiting, in seconds. */
  seconds = 0;
  /** Whether this rank wants the training to stop after the step. */
  wantsStop = false;
  /** Whether a rank wanted the training to stop after the latest step. */
  stops = false;
  readonly #params: Params;
  /** [ranks with a problem, loss, weight, ranks that want to stop], summed over the ranks. */
  readonly #totals = new Float64Array(new ArrayBuffer(128)).subarray(0, 4);
  readonly #values: GroupValues;
  /** The number of times that each parameter was used in the forward pass. */
  #uses = new Map<Variable, number>();
  /** The place of each parameter's gradient in `#values`. */
  #places = new Map<Variable, number>();
  #sums: PendingSum[] = [];
  #unsent: Unsent[] = [];
  /** The end of the places that are in use, and the end of the values that are in `#sums`. */
  #end = 0;
  #sent = 0;
  /** Reads of values from a GPU. The sums that depend on them start in the order of the reads. */
  #reads: Promise<unknown> | undefined;

  constructor(group: Group, { params, buffers }: { params: Params; buffers: Params }) {
    this.group = group;
    this.#params = params;
    const tensors = new Set([...Object.values(params), ...Object.values(buffers)]);
    const size = [...tensors].reduce((total, tensor) => total + tensor.size, 0);
    this.#values = newValues(Math.max(size, 32));
  }

  /** Starts a step. */
  begin(): void {
    this.#sums = [];
    this.#sent = 0;
    this.#reads = undefined;
    this.restart();
  }

  /**
   * Starts the forward pass of the same step again. Gradients that have already been sent are not
   * sent again.
   */
  restart(): void {
    this.#uses = new Map();
    this.#places = new Map();
    this.#unsent = [];
    this.#end = 0;
  }

  /** Returns `seconds` since the last call of this method. */
  takeSeconds(): number {
    const { seconds } = this;
    this.seconds = 0;
    return seconds;
  }

  /** Waits for the sums that have been started. It is called after an error in the step. */
  async drain(): Promise<void> {
    await this.#reads;
    for (const sum of this.#sums) sum.wait();
  }

  /** Counts the parameters that a box has used in the forward pass. */
  afterForward(box: AnyModule): void {
    if (box.children().length > 0) return;
    for (const param of Object.values(box.params))
      this.#uses.set(param, (this.#uses.get(param) ?? 0) + 1);
  }

  /**
   * Sends the gradients of a box, except those of a parameter that is used in several places,
   * because its gradient is a sum that is not complete yet.
   */
  add(box: AnyModule, gradParams: Grads): void {
    const started = performance.now();
    for (const [name, grad] of Object.entries(gradParams)) {
      const param = box.params[name];
      if (param !== undefined && this.#uses.get(param) === 1) this.#put(param, grad);
    }
    this.#poll();
    this.seconds += (performance.now() - started) / 1000;
  }

  /**
   * Sends the gradients that have not been sent, and the rank's loss. Waits for all sums, and
   * returns the gradients of the whole batch under the names of the parameters. Averages the
   * buffers over the ranks.
   *
   * Errors: the problem of the first rank that has one; a mean over examples whose labels are all
   *         ignored, on all ranks.
   */
  async finish({ grads, buffers, batch, loss, problem }: RankStep): Promise<WholeStep> {
    let started = performance.now();
    for (const [name, grad] of Object.entries(grads)) {
      if (!this.#places.has(this.#params[name])) this.#put(this.#params[name], grad);
    }
    const running = new Set(Object.values(buffers));
    for (const buffer of running) this.#put(buffer, buffer, batch.part);
    this.#send();
    const totals = this.#totals;
    const problems = problem === undefined ? 0 : 1;
    totals.set([problems, loss * batch.scale, batch.weight, this.wantsStop ? 1 : 0]);
    this.seconds += (performance.now() - started) / 1000;
    await this.#reads;
    started = performance.now();
    // The small sum is started last, so the ranks wait for each other only once.
    this.#sums.push(this.group.startSum(totals));
    for (const sum of this.#sums) sum.wait();
    const [broken, total, weight, stops] = totals;
    this.stops = stops > 0;
    if (broken > 0) throw problemOf(this.group, problem);
    if (weight === 0) {
      throw new GroupError(
        `trainStep: expected examples that count in the mean, got none on ${this.group.size} ranks`,
      );
    }
    for (const buffer of running) tidy(() => buffer.assign(this.#sumOf(buffer, 1)));
    // If all examples have the same weight, the parts add up to 1 except for rounding.
    const factor = Math.abs(weight - 1) < 1e-12 ? 1 : 1 / weight;
    const sums = Object.fromEntries(
      Object.keys(grads).map((name) => [name, this.#sumOf(this.#params[name], factor)]),
    );
    this.seconds += (performance.now() - started) / 1000;
    return { grads: sums, loss: total * factor };
  }

  /** Assigns a place to a tensor, and sends the bucket if it is full. */
  #put(key: Variable, tensor: Tensor, factor = 1): void {
    if (this.#places.has(key)) {
      throw new InputError(
        'GradientExchange: expected each box to pass on its gradients once, got a second time',
      );
    }
    this.#places.set(key, this.#end);
    const place = this.#values.subarray(this.#end, this.#end + tensor.size);
    this.#end += tensor.size;
    if (this.#end <= this.#sent) return;
    this.#unsent.push({ tensor, place, factor });
    if ((this.#end - this.#sent) * this.#values.BYTES_PER_ELEMENT >= BUCKET_BYTES) this.#send();
  }

  /**
   * Copies the tensors that have a place but have not been sent, and starts their sum. They are
   * copied together, because each read of a value ends a graph of a compiled step.
   */
  #send(): void {
    if (this.#end <= this.#sent) return;
    const values = this.#values.subarray(this.#sent, this.#end);
    this.#sent = this.#end;
    const unsent = this.#unsent;
    this.#unsent = [];
    const reads = unsent.flatMap(({ tensor, place, factor }) => {
      const scale = () => {
        if (factor !== 1) for (let i = 0; i < place.length; i++) place[i] *= factor;
      };
      if (!copyToHost(tensor, place))
        return [tensor.data<'float32'>().then((read) => (place.set(read), scale()))];
      scale();
      return [];
    });
    const start = () => void this.#sums.push(this.group.startSum(values));
    if (reads.length === 0 && this.#reads === undefined) start();
    else this.#reads = Promise.all([this.#reads, ...reads]).then(start);
  }

  /**
   * Lets the sums make progress, because an MPI library works only while one of its functions is
   * called.
   */
  #poll(): void {
    for (const sum of this.#sums) if (!sum.isDone()) break;
  }

  #sumOf(key: Variable, factor: number): Tensor {
    const from = this.#places.get(key) ?? 0;
    const values = this.#values.subarray(from, from + key.size);
    if (factor !== 1) for (let i = 0; i < values.length; i++) values[i] *= factor;
    return constant(values, [...key.shape] as [number]);
  }
}

/** Returns the problem of the first rank that has one, the same on every rank. */
function problemOf(group: Group, own: string | undefined): GroupError {
  const problems = gatherText(group, own ?? '');
  const rank = problems.findIndex((text) => text !== '');
  return new GroupError(`rank ${rank}: ${problems[rank]}`);
}
