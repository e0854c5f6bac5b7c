import { InputError, show } from '../../lib/errors.ts';
import type { Initializer } from '../../lib/init/initializers.ts';
import type { Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { summarize, type Summary } from '../../inspect/summary/summarize.ts';
import { Trace, type Span, type UnknownWindow } from '../../inspect/trace.ts';
import { networks, type NetworkEntry } from '../../models/networks.ts';
import { torchvisionNetworks } from '../../models/torchvision/index.ts';

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

/** A network of which only the facts are known. It has no weights, and cannot compute anything. */
export class Architecture {
  readonly summary: ArchitectureSummary;
  readonly #network: Module;
  /**
   * The trace to the box for which a field was last requested. A reader who moves from unit to unit
   * requests the same box again.
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

  dispose(): void {
    this.#network.dispose();
  }
}
