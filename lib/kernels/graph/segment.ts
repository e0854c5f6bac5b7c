import type { Tensor } from '@tensorflow/tfjs-core';
import type { ConstantPool } from './constantPool.ts';
import {
  sameCall,
  type Call,
  type Graph,
  type Operation,
  type Signature,
  type Source,
} from './operation.ts';
import type { Attribute, TfjsNode } from './tfjsNode.ts';

/** An output of an operation that has not run. */
interface Pending extends Signature {
  /** tfjs's name of the tensor. */
  readonly dataId: object;
  /** Whether the value is read even if its tensor has been disposed. */
  wanted: boolean;
}

/** Thrown if a value fails the test of `assume`. */
export class WrongAssumption extends Error {}

/** The part of a recorder that a segment needs. */
export interface SegmentOwner {
  /** Whether new calls are added to the recordings. */
  readonly records: boolean;
  readonly pool: ConstantPool;
  /**
   * Makes the graph of a recording, or returns the reason why there is none.
   *
   * @param kernel the name of the first operation that no earlier recording has at its place.
   */
  compile(operations: readonly Operation[], kernel: string): Graph | { readonly refused: string };
}

/**
 * Operations that have been called but have not run. The shapes of their outputs are known, and the
 * values are not. `flush` runs the operations as one graph and gives the outputs their values.
 *
 * As long as the calls repeat those of an earlier recording, nothing is computed before `flush`. At
 * the first new call, all operations run one by one, because otherwise its shapes would be unknown.
 * Even then, `flush` takes the values of the outputs from the graph. So every step of a training,
 * including the first, is computed by the same graph, and a training that another process continues
 * ends with the same bytes.
 */
export class Segment {
  readonly #tfjs: TfjsNode;
  readonly #owner: SegmentOwner;
  /** The integers that the host has written since `run` started, by dataId. */
  readonly #written: WeakMap<object, Source>;
  readonly #path: Operation[] = [];
  /** The name of the first operation that no earlier recording has at its place. */
  #differs: string | undefined;
  #last: Pick<Operation, 'following'>;
  readonly #sources = new Map<object, Source>();
  /** The native tensors of the feeds. */
  readonly #feeds: number[] = [];
  readonly #outputs: Pending[] = [];
  /** The native tensors of the outputs, once the operations have been run one by one. */
  #natives: (number | undefined)[] | undefined;
  /** Native tensors that were disposed but are still needed as feeds. */
  readonly #released: number[] = [];
  readonly #assumptions: { readonly output: number; readonly holds: (value: number) => boolean }[] =
    [];

  constructor(
    tfjs: TfjsNode,
    root: Pick<Operation, 'following'>,
    written: WeakMap<object, Source>,
    owner: SegmentOwner,
  ) {
    this.#tfjs = tfjs;
    this.#last = root;
    this.#written = written;
    this.#owner = owner;
  }

  /** Returns whether a tensor is the output of an operation that has not run. */
  isPending(dataId: object): boolean {
    return this.#sources.get(dataId)?.kind === 'output';
  }

  /** Records a call, and returns its outputs. */
  call(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[] {
    const call: Call = { name, attributes, inputs: inputs.map((tensor) => this.#sourceOf(tensor)) };
    let next = this.#last.following.find((known) => sameCall(known, call));
    if (next === undefined) {
      this.#differs ??= name;
      this.#runOneByOne();
      const results = this.#execute(call, outputs);
      next = {
        ...call,
        outputs: results.map(({ shape, dtype }) => ({ shape, dtype })),
        following: [],
      };
      if (this.#owner.records) this.#last.following.push(next);
      this.#natives?.push(...results.map(({ id }) => id));
    } else if (this.#natives !== undefined) {
      this.#natives.push(...this.#execute(next, next.outputs.length).map(({ id }) => id));
    }
    this.#path.push(next);
    this.#last = next;
    return next.outputs.map((signature) => this.#newOutput(signature));
  }

  /**
   * Assumes that the value of a pending tensor passes a test. If it does not, `flush` throws
   * `WrongAssumption`.
   */
  assume(dataId: object, holds: (value: number) => boolean): void {
    const source = this.#sources.get(dataId);
    if (source?.kind !== 'output') throw new Error('assume: expected a pending tensor');
    this.#outputs[source.index].wanted = true;
    this.#assumptions.push({ output: source.index, holds });
  }

  /**
   * Must be called before tfjs disposes a reference to a tensor. `isLast` says whether the tensor
   * has no other reference.
   */
  beforeDispose(dataId: object, isLast: boolean): void {
    const source = this.#sources.get(dataId);
    if (source === undefined || !isLast) return;
    if (source.kind === 'feed') {
      const entry = this.#tfjs.tensorMap.get(dataId);
      // The tensors of the pool stay.
      if (entry.id >= 0) this.#released.push(entry.id);
      entry.id = -1;
    } else if (source.kind === 'output' && !this.#outputs[source.index].wanted) {
      this.#deleteNative(source.index);
    }
  }

  /** Runs the pending operations as a graph, or one by one if TensorFlow refuses the graph. */
  flush(): void {
    const last = this.#path.at(-1);
    if (last === undefined) return;
    last.graph ??= this.#owner.compile(this.#path, this.#differs ?? last.name);
    if ('refused' in last.graph) return this.flushOneByOne();
    this.#outputs.forEach((_, index) => this.#deleteNative(index));
    const wanted = this.#outputs.flatMap((output, index) =>
      this.#isWanted(output) ? [index] : [],
    );
    if (wanted.length > 0) {
      const results = last.graph.run(this.#feeds, wanted);
      this.#finish(new Map(wanted.map((index, i) => [index, results[i].id])));
    } else this.#finish(new Map());
  }

  /** Runs the pending operations one by one. */
  flushOneByOne(): void {
    this.#runOneByOne();
    const natives = new Map<number, number>();
    this.#natives?.forEach((id, index) => {
      if (id === undefined) return;
      if (this.#isWanted(this.#outputs[index])) natives.set(index, id);
      else this.#tfjs.binding.deleteTensor(id);
    });
    this.#finish(natives);
  }

  /** Gives the tensors their values, and checks the assumptions. */
  #finish(natives: ReadonlyMap<number, number>): void {
    const { tensorMap, binding } = this.#tfjs;
    const failed = this.#assumptions.find(({ output, holds }) => {
      const id = natives.get(output);
      return id !== undefined && !holds(binding.tensorDataSync(id)[0]);
    });
    for (const [index, id] of natives) {
      const { dataId } = this.#outputs[index];
      if (tensorMap.has(dataId)) tensorMap.get(dataId).id = id;
      else binding.deleteTensor(id);
    }
    for (const id of this.#released) binding.deleteTensor(id);
    if (failed) throw new WrongAssumption();
  }

  #isWanted({ dataId, wanted }: Pending): boolean {
    return wanted || this.#tfjs.tensorMap.has(dataId);
  }

  #sourceOf(tensor: Tensor): Source {
    const { dataId } = tensor;
    const known = this.#sources.get(dataId) ?? this.#written.get(dataId);
    if (known !== undefined) return known;
    const entry = this.#tfjs.tensorMap.get(dataId);
    const { shape, dtype } = entry;
    const id = this.#owner.pool.find(entry) ?? this.#tfjs.getInputTensorIds([tensor])[0];
    const source = { kind: 'feed', index: this.#feeds.length, shape, dtype } as const;
    this.#feeds.push(id);
    this.#sources.set(dataId, source);
    return source;
  }

  #newOutput({ shape, dtype }: Signature): Tensor {
    const index = this.#outputs.length;
    const output = this.#tfjs.createOutputTensor({ id: PENDING, shape: [...shape], dtype });
    const { dataId } = output;
    this.#outputs.push({ dataId, shape, dtype, wanted: false });
    this.#sources.set(dataId, { kind: 'output', index, shape, dtype });
    return output;
  }

  /** Runs the operations of the path one by one, if they have not run. */
  #runOneByOne(): void {
    if (this.#natives !== undefined) return;
    this.#natives = [];
    for (const operation of this.#path) {
      this.#natives.push(...this.#execute(operation, operation.outputs.length).map(({ id }) => id));
    }
    this.#outputs.forEach((output, index) => {
      if (!this.#isWanted(output)) this.#deleteNative(index);
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

/**
 * The number of a native tensor that does not exist yet. tfjs-node deletes no tensor with a
 * negative number, and the addon refuses to use one.
 */
const PENDING = -2;
