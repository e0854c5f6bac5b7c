import type * as fs from 'node:fs';
import type * as os from 'node:os';
import type * as path from 'node:path';
import type { PbfWriter } from 'pbf';
import { encodeSavedModel } from './savedModel.ts';
import type { Call, Graph } from './operation.ts';
import type { Binding, NativeTensor } from './tfjsNode.ts';

/**
 * The modules that are needed to write a SavedModel. The caller passes them in, so that a page in a
 * browser need not import them.
 */
export interface Tools {
  readonly fs: typeof fs;
  readonly os: typeof os;
  readonly path: typeof path;
  readonly newWriter: () => PbfWriter;
}

/** A recorded call, with one entry per output. */
interface Recorded extends Call {
  readonly outputs: readonly unknown[];
}

/** A recording that has become a graph in a TensorFlow session. */
export class CompiledGraph implements Graph {
  readonly #binding: Binding;
  readonly #session: number;
  readonly #inputNames: string;
  /** The name of each output of the recording. */
  readonly #outputNames: readonly string[];

  /**
   * Loads the graph into TensorFlow. The addon can read a graph only from the folder of a
   * SavedModel, so the constructor writes one to a temporary folder.
   *
   * Errors: TensorFlow refuses the graph.
   */
  constructor(binding: Binding, operations: readonly Recorded[], tools: Tools) {
    this.#binding = binding;
    const { fs, os, path } = tools;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'boxprop-graph-'));
    try {
      fs.mkdirSync(path.join(folder, 'variables'));
      const { bytes, inputNames, outputNames } = encodeSavedModel(operations, binding, tools);
      fs.writeFileSync(path.join(folder, 'saved_model.pb'), bytes);
      this.#inputNames = inputNames.join();
      this.#outputNames = outputNames;
      this.#session = binding.loadSavedModel(folder, 'serve');
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  run(feeds: readonly number[], outputs: readonly number[]): NativeTensor[] {
    const names = outputs.map((index) => this.#outputNames[index]).join();
    return this.#binding.runSavedModel(this.#session, feeds, this.#inputNames, names);
  }

  dispose(): void {
    this.#binding.deleteSavedModel(this.#session);
  }
}
