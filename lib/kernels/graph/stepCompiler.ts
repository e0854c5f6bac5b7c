import type * as fs from 'node:fs';
import type * as os from 'node:os';
import type * as path from 'node:path';
import type * as pbf from 'pbf';
import { getBackend } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../check.ts';
import { disposeTensors } from '../../memory.ts';
import { runningRecorder } from './assume.ts';
import { tfjsNode } from './tfjsNode.ts';

/** Runs the parts of a training step. On TensorFlow, each part runs as graphs. */
export interface StepCompiler {
  /**
   * Runs a part of a step and returns its result. The part is a synchronous function that computes
   * with tensors.
   *
   * @param undo undoes all changes of the part, so that the part can run again. It is called after
   *   a rare value, such as an overflow, which needs other operations than those that were
   *   recorded. At that time, the tensors that the part returned are already disposed. Without
   *   `undo`, the part waits for each value on which its operations depend.
   */
  readonly run: <T>(part: () => T, undo?: () => void) => T;
  /** The reasons why some operations are not in a graph, one line each. */
  readonly problems: readonly string[];
  /** The number of graphs that have been made. */
  readonly graphs: number;
  /** Frees the graphs. */
  dispose(): void;
}

/** The options of `stepCompiler`. */
export interface StepCompilerOptions {
  /**
   * Receives a line if operations cannot be part of a graph and run one by one; `console.warn` by
   * default. It receives each reason only once.
   */
  readonly warn?: (line: string) => void;
}

// These names have the type `string`, because a bundler for the browser would try to resolve
// literals.
const FS: string = 'node:fs';
const OS: string = 'node:os';
const PATH: string = 'node:path';
const PBF: string = 'pbf';

/**
 * Makes a compiler of training steps for the backend in use. On TensorFlow, the first run of a part
 * records its operations, and later runs execute them as one graph, which is faster than one by
 * one. The function of the part still runs each time, so values that it computes on the host, such
 * as a mask or a learning rate, are always current. On other backends, the function simply runs.
 */
export async function stepCompiler(options: StepCompilerOptions = {}): Promise<StepCompiler> {
  checkOptions('stepCompiler', options, ['warn']);
  const { warn = console.warn } = options;
  // The addon feeds a graph from main memory, so with a GPU all parameters would be copied.
  if (getBackend() !== 'tensorflow' || tfjsNode().isUsingGpuDevice) return PLAIN;
  const load = <T>(name: string) =>
    import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<T>;
  const [files, system, paths, { PbfWriter }, { Recorder, WrongAssumption }] = await Promise.all([
    load<typeof fs>(FS),
    load<typeof os>(OS),
    load<typeof path>(PATH),
    load<typeof pbf>(PBF),
    import('./recorder.ts'),
  ]);
  const newWriter = () => new PbfWriter();
  const recorder = new Recorder({ fs: files, os: system, path: paths, newWriter }, warn);
  return {
    run(part, undo) {
      if (getBackend() !== 'tensorflow' || runningRecorder() !== undefined) return part();
      if (undo === undefined) return recorder.run(part);
      let result;
      try {
        return recorder.run(() => (result = part()), { assumes: true });
      } catch (error) {
        if (!(error instanceof WrongAssumption)) throw error;
      }
      disposeTensors(result);
      undo();
      return part();
    },
    get problems() {
      return recorder.problems;
    },
    get graphs() {
      return recorder.graphs;
    },
    dispose: () => recorder.dispose(),
  };
}

const PLAIN: StepCompiler = {
  run: (part) => part(),
  problems: [],
  graphs: 0,
  dispose: () => undefined,
};
