import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core';
import { CompiledGraph, type Tools } from './compiledGraph.ts';
import { ConstantPool } from './constantPool.ts';
import { setRunningRecorder, type Running } from './assume.ts';
import type { Graph, Operation, Source } from './operation.ts';
import { Segment, WrongAssumption, type SegmentOwner } from './segment.ts';
import { tfjsNode, type Attribute, type Methods, type TfjsNode } from './tfjsNode.ts';

export { WrongAssumption };

/**
 * Operations that run immediately and are not part of a graph, because they change a variable in
 * place or draw random numbers.
 */
const IMMEDIATE = new Set([
  'VarHandleOp',
  'AssignVariableOp',
  'ReadVariableOp',
  'ResourceApplyMomentum',
  'DestroyResourceOp',
  'Multinomial',
]);

/** The largest number of graphs that a recorder makes. */
const MOST_GRAPHS = 32;

/**
 * Runs functions on TensorFlow. All operations between two points at which a value is read become
 * one graph.
 */
export class Recorder implements Running, SegmentOwner {
  readonly #tfjs: TfjsNode = tfjsNode();
  readonly pool = new ConstantPool(this.#tfjs.binding);
  readonly #tools: Tools;
  readonly #warn: (line: string) => void;
  readonly #root: Pick<Operation, 'following'> = { following: [] };
  readonly #graphs: Graph[] = [];
  readonly #problems = new Map<string, string>();
  #written = new Map<object, Source>();
  #segment: Segment | undefined;
  #assumes = false;

  /** @param warn is called with the reason if operations must run one by one. */
  constructor(tools: Tools, warn: (line: string) => void) {
    this.#tools = tools;
    this.#warn = warn;
  }

  /** The reasons why some operations must run one by one, one line each. */
  get problems(): readonly string[] {
    return [...this.#problems.values()];
  }

  /** The number of graphs that have been made. */
  get graphs(): number {
    return this.#graphs.length;
  }

  /** Whether the recorder may make more graphs. */
  get records(): boolean {
    return this.#graphs.length < MOST_GRAPHS;
  }

  /**
   * Runs a function and then all of its operations.
   *
   * @param options `assumes`: whether `assume` may return true. If so, `run` may throw
   *   `WrongAssumption`. If not, the function reads each value on which its operations depend.
   */
  run<T>(part: () => T, { assumes = false }: { readonly assumes?: boolean } = {}): T {
    this.#assumes = assumes;
    const methods = this.#replaceMethods();
    setRunningRecorder(this);
    this.#written = new Map();
    this.#segment = this.#newSegment();
    try {
      const result = part();
      this.#flush();
      return result;
    } catch (error) {
      if (!(error instanceof WrongAssumption)) this.#segment.flushOneByOne();
      throw error;
    } finally {
      this.#segment = undefined;
      this.pool.endTurn();
      setRunningRecorder(undefined);
      Object.assign(this.#tfjs, methods);
    }
  }

  /**
   * Assumes that the value of a scalar passes a test, so that the operations after it belong to the
   * same graph. If the test fails later, `run` throws `WrongAssumption`. Returns false if nothing
   * can be assumed and the caller must read the value.
   */
  assume({ dataId }: Tensor, holds: (value: number) => boolean): boolean {
    if (!this.#assumes || !this.#segment?.isPending(dataId)) return false;
    this.#segment.assume(dataId, holds);
    return true;
  }

  /** Makes a graph, unless there are already too many or TensorFlow refuses it. */
  compile(path: readonly Operation[], kernel: string): ReturnType<SegmentOwner['compile']> {
    if (!this.records)
      return this.#refuse(
        `they differ from step to step, and ${MOST_GRAPHS} graphs are made already`,
        kernel,
      );
    try {
      const graph = new CompiledGraph(this.#tfjs.binding, path, this.#tools);
      this.#graphs.push(graph);
      return graph;
    } catch (error) {
      const [line] = String(error instanceof Error ? error.message : error).split('\n');
      return this.#refuse('TensorFlow refuses their graph', line);
    }
  }

  /** Returns a reason, and warns of it the first time that it occurs. */
  #refuse(reason: string, detail: string): { readonly refused: string } {
    if (!this.#problems.has(reason)) {
      const line = `some operations of a step run one by one, because ${reason}: ${detail}`;
      this.#problems.set(reason, line);
      this.#warn(line);
    }
    return { refused: reason };
  }

  /** Closes the sessions of all graphs. */
  dispose(): void {
    for (const graph of this.#graphs) graph.dispose();
    this.#graphs.length = 0;
    this.pool.dispose();
    this.#root.following.length = 0;
  }

  #newSegment(): Segment {
    return new Segment(this.#tfjs, this.#root, this.#written, this);
  }

  #flush(): void {
    const segment = this.#segment;
    this.#segment = this.#newSegment();
    segment?.flush();
  }

  /**
   * Replaces methods of tfjs-node by methods that record their calls, and returns the original
   * methods.
   */
  #replaceMethods(): Methods {
    const tfjs = this.#tfjs;
    const { executeSingleOutput, executeMultipleOutputs, write, readSync, disposeData } = tfjs;
    const before = { executeSingleOutput, executeMultipleOutputs, write, readSync, disposeData };
    const execute = (
      name: string,
      attributes: readonly Attribute[],
      inputs: readonly Tensor[],
      outputs: number,
    ): Tensor[] => {
      const segment = this.#segment;
      if (segment === undefined || IMMEDIATE.has(name)) {
        if (segment && inputs.some(({ dataId }) => segment.isPending(dataId))) this.#flush();
        return executeMultipleOutputs.call(tfjs, name, attributes, inputs, outputs);
      }
      return segment.call(name, attributes, inputs, outputs);
    };
    const during: Methods = {
      executeSingleOutput: (name, attributes, inputs) => execute(name, attributes, inputs, 1)[0],
      executeMultipleOutputs: execute,
      write: (values: TypedArray, shape: number[], dtype: DataType) => {
        const dataId = write.call(tfjs, values, shape, dtype);
        if (dtype === 'int32') {
          const source = { kind: 'constant', shape, dtype: tfjs.binding.TF_INT32, values } as const;
          this.#written.set(dataId, source);
        }
        return dataId;
      },
      readSync: (dataId) => {
        if (this.#segment?.isPending(dataId)) this.#flush();
        return readSync.call(tfjs, dataId);
      },
      disposeData: (dataId, force = false) =>
        this.#segment?.dispose(dataId, force) ?? disposeData.call(tfjs, dataId, force),
    };
    Object.assign(tfjs, during);
    return before;
  }
}
