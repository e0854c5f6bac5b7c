import type { Result } from '../../gradcheck/result.ts';
import { InputError, show } from '../../lib/errors.ts';
import type { Initializer } from '../../lib/init/initializers.ts';
import type { Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { summarize, type Summary } from '../../inspect/summary/summarize.ts';
import { Trace, type Span, type UnknownWindow } from '../../inspect/trace.ts';
import { networks, type NetworkEntry } from '../../models/networks.ts';
import type { ImageShape } from '../../models/options.ts';
import { torchvisionNetworks } from '../../models/torchvision/index.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Flatten } from '../../modules/flatten.ts';

const KNOWN: Readonly<Record<string, NetworkEntry>> = { ...networks, ...torchvisionNetworks };

/** The name of a network on the command line, and the name that texts use. */
export interface NetworkName {
  readonly name: string;
  readonly title: string;
}

/** The names of all networks, in the order of `boxprop summary`. */
export const NETWORKS: readonly NetworkName[] = Object.entries(KNOWN).map(([name, { title }]) => ({
  name,
  title,
}));

/** The boxes of a network, in the form in which the page lists them. */
export interface ArchitectureSummary extends NetworkName {
  readonly source: string;
  /** Whether the network has weights, with which its gradients can be checked. */
  readonly hasWeights: boolean;
  readonly summary: Summary;
}

/** The part of the image on which a unit depends. */
export interface UnitField {
  /** The shape of the box's output, without the batch. */
  readonly outputShape: readonly number[];
  /** The part of the image. Undefined if the unit depends only on padding. */
  readonly span: Span | UnknownWindow | undefined;
}

/**
 * Gives every parameter a shape but no values. The facts of a network do not depend on the values,
 * and those of VGG-19 would need half a gigabyte.
 */
const noValues: Initializer = () => [];

/** A network of which the page shows the facts. Only one of an ONNX file has its weights. */
export class Architecture {
  readonly summary: ArchitectureSummary;
  readonly #network: Module;
  /**
   * The trace to the box for which a field was last requested. A reader who moves from unit to unit
   * requests the same box again.
   */
  #trace: { readonly path: string; readonly trace: Trace } | undefined;

  constructor(
    network: Module,
    named: Omit<ArchitectureSummary, 'summary'>,
    inputShape: ImageShape,
  ) {
    this.#network = network;
    this.summary = { ...named, summary: summarize(network, inputShape) };
  }

  /**
   * Opens a network: one that boxprop knows, without weights, or that of an ONNX file.
   *
   * Errors: an unknown name; those of `loadOnnx`; a file whose network takes no images or vectors.
   *
   * @param name the name of a network, or the URL of an ONNX file.
   */
  static async open(name: string): Promise<Architecture> {
    if (isOnnx(name)) return openOnnx(name);
    if (!Object.hasOwn(KNOWN, name)) {
      const names = Object.keys(KNOWN).join(', ');
      throw new InputError(`expected a network, one of ${names}, got ${show(name)}`);
    }
    const { build, inputShape, title, source } = KNOWN[name];
    const network = build({ rng: new Rng(0), init: noValues, inputShape });
    return new Architecture(network, { name, title, source, hasWeights: false }, inputShape);
  }

  /**
   * Finds the part of the image on which a unit depends, in all channels of the unit's box.
   *
   * @param unit the row and column of the unit. They are ignored for a box whose output has no
   *   positions.
   */
  fieldOf(path: string, [row, column]: readonly [number, number]): UnitField {
    const { inputShape } = this.summary.summary;
    if (this.#trace?.path !== path)
      this.#trace = { path, trace: new Trace(this.#network, path, inputShape) };
    const { trace } = this.#trace;
    const { outputShape } = trace;
    const everything = outputShape.map((size) => [0, size - 1] as const);
    const at =
      outputShape.length === 3
        ? ([
            [row, row],
            [column, column],
          ] as const)
        : [];
    const unit = everything.map((all, axis) => at[axis] ?? all);
    return { outputShape, span: trace.spanOfInput(unit) };
  }

  /** Checks the gradients of each box at its place, and of the network as a whole. */
  async check(): Promise<readonly Result[]> {
    const { gradcheckNetwork } = await import('../../gradcheck/gradcheckNetwork.ts');
    const { inputShape } = this.summary.summary;
    const { results } = await gradcheckNetwork(this.#network, { input: [2, ...inputShape] });
    return results;
  }

  dispose(): void {
    this.#network.dispose();
  }
}

/** Returns whether the name of a network is the URL of an ONNX file. */
function isOnnx(name: string): boolean {
  return /\.onnx$/i.test(name);
}

/** Loads the network of an ONNX file. Vectors are images of one row and column, as in a table. */
async function openOnnx(url: string): Promise<Architecture> {
  const { loadOnnx } = await import('../../formats/onnx/loadOnnx.ts');
  const loaded = await loadOnnx(url);
  const title = decodeURIComponent(url.split('/').at(-1) ?? url);
  const [shape] = loaded.inputShapes;
  const isVector = shape.length === 1;
  if (loaded.inputShapes.length > 1 || !(isVector || shape.length === 3)) {
    const got = loaded.inputShapes.map((shape) => show([...shape])).join(' and ');
    throw new InputError(`${title}: expected a network of images or of vectors, got inputs ${got}`);
  }
  const network: Module = isVector
    ? new Sequential({ flatten: new Flatten(), network: loaded })
    : loaded;
  const inputShape: ImageShape = isVector ? [1, 1, shape[0]] : [shape[0], shape[1], shape[2]];
  return new Architecture(
    network,
    { name: url, title, source: 'An ONNX file.', hasWeights: true },
    inputShape,
  );
}
