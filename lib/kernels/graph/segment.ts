import type { Tensor } from '@tensorflow/tfjs-core';
import type { ConstantPool } from './constantPool.ts';
import {
  sameCall,
  sameSource,
  type Call,
  type Graph,
  type Operation,
  type Source,
} from './operation.ts';
import type { Attribute, Entry, TfjsNode } from './tfjsNode.ts';

/** A tensor that the pending operations read or produce. */
interface Known {
  readonly source: Source;
  readonly entry: Entry;
  /** Whether the tensor still exists in tfjs. */
  alive: boolean;
  /** Whether `assume` needs the value, even if the tensor has been disposed. */
  assumed: boolean;
}

/** Thrown if a value fails the test of `assume`. */
export class WrongAssumption extends Error {}

/** The part of a recorder that a segment needs. */
export interface SegmentOwner {
  /** Whether new calls may be added to the recordings. */
  readonly records: boolean;
  readonly pool: ConstantPool;
  /**
   * Makes the graph of a recording, or returns the reason why there is none.
   *
   * @param kernel the name of the operation at which this recording first differs from all earlier
   *   ones.
   */
  compile(operations: readonly Operation[], kernel: string): Graph | { readonly refused: string };
}

/**
 * A sequence of operations that have been called but have not run yet. The shapes of their outputs
 * are known, but the values are not. `flush` runs the operations as one graph and gives the outputs
 * their values.
 *
 * As long as the calls repeat those of an earlier recording, nothing is computed before `flush`. At
 * the first new call, all operations run one by one, because the shapes of the new outputs are
 * otherwise unknown. Even then, `flush` takes the values of the outputs from the graph. So the same
 * graph computes every step of a training run, including the first. If another process resumes the
 * run, the final weights are the same to the last bit.
 */
export class Segment {
  readonly #tfjs: TfjsNode;
  readonly #owner: SegmentOwner;
  /** The integers that the host has written since `run` started, by the dataId of their tensors. */
  readonly #written: ReadonlyMap<object, Source>;
  readonly #path: Operation[] = [];
  /** The name of the operation at which this recording first differs from all earlier ones. */
  #differs: string | undefined;
  #last: Pick<Operation, 'following'>;
  /** The feeds and outputs, by dataId. */
  readonly #known = new Map<object, Known>();
  /** The numbers of the native tensors that are fed. */
  readonly #feeds: number[] = [];
  readonly #outputs: Known[] = [];
  /** The numbers of the outputs' native tensors, once the operations have been run one by one. */
  #natives: (number | undefined)[] | undefined;
  /** The numbers of native tensors that tfjs has disposed but that are still needed as feeds. */
  readonly #released: number[] = [];
  readonly #assumptions: { readonly output: number; readonly holds: (value: number) => boolean }[] =
    [];

  constructor(
    tfjs: TfjsNode,
    root: Pick<Operation, 'following'>,
    written: ReadonlyMap<object, Source>,
    owner: SegmentOwner,
  ) {
    this.#tfjs = tfjs;
    this.#last = root;
    this.#written = written;
    this.#owner = owner;
  }

  /** Returns whether a tensor is the output of an operation that has not run. */
  isPending(dataId: object): boolean {
    return this.#known.get(dataId)?.source.kind === 'output';
  }

  /** Records a call, and returns its outputs. */
  call(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[] {
    const { following } = this.#last;
    // The call is nearly always the next one of the recording. Reusing its sources makes the
    // comparison fast.
    const expected = following[0]?.inputs ?? [];
    const sources = inputs.map((tensor, i) => this.#sourceOf(tensor, expected[i]));
    const call: Call = { name, attributes, inputs: sources };
    let next = following.find((known) => sameCall(known, call));
    if (next === undefined) {
      this.#differs ??= name;
      this.#runOneByOne();
      const results = this.#execute(call, outputs);
      const made = results.map(({ shape, dtype }, port): Source => {
        return { kind: 'output', index: this.#outputs.length + port, shape, dtype };
      });
      next = { ...call, outputs: made, following: [] };
      if (this.#owner.records) following.push(next);
      this.#natives?.push(...results.map(({ id }) => id));
    } else if (this.#natives !== undefined) {
      this.#natives.push(...this.#execute(next, next.outputs.length).map(({ id }) => id));
    }
    this.#path.push(next);
    this.#last = next;
    return next.outputs.map((source) => this.#newOutput(source));
  }

  /**
   * Assumes that the value of a pending tensor passes a test. If it does not, `flush` throws
   * `WrongAssumption`.
   */
  assume(dataId: object, holds: (value: number) => boolean): void {
    const known = this.#known.get(dataId);
    if (known?.source.kind !== 'output') throw new Error('assume: expected a pending tensor');
    known.assumed = true;
    this.#assumptions.push({ output: known.source.index, holds });
  }

  /**
   * If a tensor is an output, disposes one reference to it and returns whether it was the last
   * reference. Returns undefined for any other tensor, which tfjs-node must dispose.
   */
  dispose(dataId: object, force: boolean): boolean | undefined {
    const known = this.#known.get(dataId);
    if (known === undefined || !known.alive) return undefined;
    const { entry, source } = known;
    if (source.kind !== 'output') {
      if (!force && entry.refCount > 1) return undefined;
      known.alive = false;
      // The graph still needs the native tensor as a feed. A tensor of the pool has no id here.
      if (entry.id >= 0) this.#released.push(entry.id);
      entry.id = -1;
      return undefined;
    }
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    known.alive = false;
    if (!known.assumed) this.#deleteNative(source.index);
    this.#tfjs.tensorMap.delete(dataId);
    return true;
  }

  /** Runs the pending operations as one graph, or one by one if TensorFlow refuses the graph. */
  flush(): void {
    const last = this.#path.at(-1);
    if (last === undefined) return;
    last.graph ??= this.#owner.compile(this.#path, this.#differs ?? last.name);
    if ('refused' in last.graph) return this.flushOneByOne();
    this.#outputs.forEach((_, index) => this.#deleteNative(index));
    const wanted: number[] = [];
    this.#outputs.forEach((output, index) => {
      if (isWanted(output)) wanted.push(index);
    });
    const results = wanted.length > 0 ? last.graph.run(this.#feeds, wanted) : [];
    this.#finish(new Map(wanted.map((index, i) => [index, results[i].id])));
  }

  /** Runs the pending operations one by one. */
  flushOneByOne(): void {
    this.#runOneByOne();
    const natives = new Map<number, number>();
    this.#natives?.forEach((id, index) => {
      if (id === undefined) return;
      if (isWanted(this.#outputs[index])) natives.set(index, id);
      else this.#tfjs.binding.deleteTensor(id);
    });
    this.#finish(natives);
  }

  /** Gives the outputs their values, and checks the assumptions. */
  #finish(natives: ReadonlyMap<number, number>): void {
    const { binding } = this.#tfjs;
    const failed = this.#assumptions.find(({ output, holds }) => {
      const id = natives.get(output);
      return id !== undefined && !holds(binding.tensorDataSync(id)[0]);
    });
    for (const [index, id] of natives) {
      const { alive, entry } = this.#outputs[index];
      if (alive) entry.id = id;
      else binding.deleteTensor(id);
    }
    for (const id of this.#released) binding.deleteTensor(id);
    if (failed) throw new WrongAssumption();
  }

  /**
   * @param expected the source of this input in the recording. If the actual source is equal, this
   *   object is returned.
   */
  #sourceOf(tensor: Tensor, expected: Source | undefined): Source {
    const { dataId } = tensor;
    const known = this.#known.get(dataId)?.source ?? this.#written.get(dataId);
    if (known !== undefined) return known;
    const entry = this.#tfjs.tensorMap.get(dataId);
    const { shape, dtype } = entry;
    const id = this.#owner.pool.find(entry) ?? this.#tfjs.getInputTensorIds([tensor])[0];
    const made = { kind: 'feed', index: this.#feeds.length, shape, dtype } as const;
    const source = expected !== undefined && sameSource(expected, made) ? expected : made;
    this.#feeds.push(id);
    this.#known.set(dataId, { source, entry, alive: true, assumed: false });
    return source;
  }

  #newOutput(source: Source): Tensor {
    const { shape, dtype } = source;
    const output = this.#tfjs.createOutputTensor({ id: PENDING, shape: [...shape], dtype });
    const entry = this.#tfjs.tensorMap.get(output.dataId);
    const known = { source, entry, alive: true, assumed: false };
    this.#outputs.push(known);
    this.#known.set(output.dataId, known);
    return output;
  }

  /** Runs the operations of the path one by one, if they have not run yet. */
  #runOneByOne(): void {
    if (this.#natives !== undefined) return;
    this.#natives = [];
    for (const operation of this.#path) {
      this.#natives.push(...this.#execute(operation, operation.outputs.length).map(({ id }) => id));
    }
    this.#outputs.forEach((output, index) => {
      if (!isWanted(output)) this.#deleteNative(index);
    });
  }

  #execute({ name, attributes, inputs }: Call, outputs: number) {
    const { binding } = this.#tfjs;
    const made: number[] = [];
    const ids = inputs.map((source) => {
      if (source.kind === 'constant') {
        const id = binding.createTensor(source.shape, source.dtype, source.values);
        made.push(id);
        return id;
      }
      if (source.kind === 'feed') return this.#feeds[source.index];
      return this.#natives?.[source.index] ?? PENDING;
    });
    const results = binding.executeOp(name, attributes, ids, outputs);
    for (const id of made) binding.deleteTensor(id);
    return results;
  }

  #deleteNative(index: number): void {
    const id = this.#natives?.[index];
    if (id === undefined) return;
    this.#tfjs.binding.deleteTensor(id);
    if (this.#natives) this.#natives[index] = undefined;
  }
}

function isWanted({ alive, assumed }: Known): boolean {
  return alive || assumed;
}

/**
 * The number of a native tensor that does not exist yet. tfjs-node does not delete tensors with
 * negative numbers, and the addon throws if it is given one.
 */
const PENDING = -2;
