import type { AnyModule } from '../lib/module.ts';

/** A class of boxes, with any constructor. */
export interface BoxClass<B> {
  readonly name: string;
  readonly prototype: B;
}

/**
 * The entries of a file format for classes of boxes. An entry applies only to its class, and not to
 * subclasses, which may compute something else.
 */
export class BoxTable<Entry> {
  readonly #entries: ReadonlyMap<unknown, Entry>;

  /** @param entries if several entries have the same class, the last one is used. */
  constructor(entries: readonly { readonly kind: BoxClass<unknown>; readonly entry: Entry }[]) {
    this.#entries = new Map(entries.map(({ kind, entry }) => [kind.prototype, entry]));
  }

  /** Returns the names of the classes. */
  get names(): string[] {
    return [...this.#entries.keys()].map((prototype) => (prototype as object).constructor.name);
  }

  /** Returns the entry of a box's class, if there is one. */
  of(box: AnyModule): Entry | undefined {
    return this.#entries.get(Object.getPrototypeOf(box));
  }
}
