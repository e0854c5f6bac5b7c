import { InputError, show } from '../../lib/errors.ts';
import type { Initializer } from '../../lib/init/initializers.ts';
import type { Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { summarize, type Summary } from '../../inspect/summary/summarize.ts';
import { Trace, type Span, type UnknownWindow } from '../../inspect/trace.ts';
import { networks, type NetworkEntry } from '../../models/networks.ts';
import { torchvisionNetworks } from '../../models/torchvision/index.ts';

const KNOWN: Readonly<Record<string, NetworkEntry>> = { ...networks, ...torchvisionNetworks };

/** The name of a network on the command line, and in texts. */
export interface NetworkName {
  readonly name: string;
  readonly title: string;
}

/** The names of all networks, in the order of `boxprop summary`. */
export const NETWORKS: readonly NetworkName[] = Object.entries(KNOWN).map(([name, { title }]) => ({
  name,
  title,
}));

/** The boxes of a network as the page lists them. */
export interface ArchitectureSummary extends NetworkName {
  readonly source: string;
  readonly summary: Summary;
}

/** The part of the image that a unit depends on. */
export interface UnitField {
  /** The shape of the box's output, without the batch. */
  readonly outputShape: readonly number[];
  /** Undefined if the unit sees only padding. */
  readonly span: Span | UnknownWindow | undefined;
}

/**
 * Gives every parameter its shape, and no values. The facts of a network need none, and VGG-19 would
 * need half a gigabyte of them.
 */
const noValues: Initializer = () => [];

/** A network of which only the facts are known: it has no weights, and computes nothing. */
export class Architecture {
  readonly summary: ArchitectureSummary;
  readonly #network: Module;
  /**
   * The trace to the box that was asked for last. A reader who moves from unit to unit asks for the
   * same box again.
   */
  #trace: { readonly path: string; readonly trace: Trace } | undefined;

  constructor(name: string) {
    if (!Object.hasOwn(KNOWN, name)) {
      const names = Object.keys(KNOWN).join(', ');
      throw new InputError(`expected a network, one of ${names}, got ${show(name)}`);
    }
    const { build, inputShape, title, source } = KNOWN[name];
    this.#network = build({ rng: new Rng(0), init: noValues, inputShape });
    this.summary = { name, title, source, summary: summarize(this.#network, inputShape) };
  }

  /**
   * Finds the part of the image that a unit depends on, in all of its channels.
   *
   * @param unit the row and column of the unit; ignored for a box whose output has no positions.
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

  dispose(): void {
    this.#network.dispose();
  }
}
