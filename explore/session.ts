import { computed, signal } from '@preact/signals';
import { messageOf } from '../lib/errors.ts';
import type { Inspection, Subject } from './engine/engine.ts';
import type { RemoteEngine } from './engine/messages.ts';
import type { Snapshot } from './engine/microscope.ts';
import { refKey, type Ref } from './engine/refs.ts';

/**
 * The state of a view of a chain of boxes: all its numbers, the selected number and what is known
 * about it. Views read the signals and call the methods; the numbers come from the engine.
 */
export class Session {
  readonly snapshot = signal<Snapshot | undefined>(undefined);
  /** The numbers before the last change, to tint those that have changed. */
  readonly before = signal<Snapshot | undefined>(undefined);
  readonly selected = signal<Ref | undefined>(undefined);
  readonly inspection = signal<Inspection | undefined>(undefined);
  readonly error = signal<string | undefined>(undefined);
  /** The numbers that the reader has changed since the chain was opened, by `refKey`. */
  readonly edits = signal<ReadonlyMap<string, number>>(new Map());
  /** The numbers that are factors of the selected number, by `refKey`. */
  readonly lit = computed(() => {
    const terms = this.inspection.value?.products?.terms ?? [];
    const refs = terms.flat().flatMap(({ ref }) => (ref ? [refKey(ref)] : []));
    return new Set(refs);
  });
  readonly #engine: RemoteEngine;
  readonly #name: string;

  constructor(engine: RemoteEngine, name: string) {
    this.#engine = engine;
    this.#name = name;
  }

  /** Opens a chain of boxes and shows its numbers. */
  async open(subject: Subject): Promise<void> {
    this.selected.value = undefined;
    this.inspection.value = undefined;
    const edits = 'edits' in subject ? (subject.edits ?? []) : [];
    this.edits.value = new Map(edits.map(([ref, value]) => [refKey(ref), value]));
    await this.#show(this.#engine.open(this.#name, subject), true);
  }

  /** Changes a number; every number that depends on it changes too. */
  async write(ref: Ref, value: number): Promise<void> {
    await this.#show(this.#engine.write(this.#name, ref, value));
    if (this.error.value === undefined) {
      this.edits.value = new Map(this.edits.value).set(refKey(ref), value);
    }
  }

  /** Makes one step of gradient descent. */
  step(learningRate: number): Promise<void> {
    return this.#show(this.#engine.step(this.#name, learningRate));
  }

  /** Goes back to the parameters of an earlier snapshot. */
  restore(snapshot: Snapshot): Promise<void> {
    return this.#show(this.#engine.restore(this.#name, snapshot));
  }

  /**
   * Selects a number, and finds its products and its central difference; undefined selects none.
   */
  async select(ref: Ref | undefined): Promise<void> {
    this.selected.value = ref;
    if (ref === undefined) {
      this.inspection.value = undefined;
      return;
    }
    try {
      const inspection = await this.#engine.inspect(this.#name, ref);
      // A later selection may have been made while this one was computed.
      if (this.selected.value === ref) this.inspection.value = inspection;
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  /** Frees the tensors in the worker. */
  close(): Promise<void> {
    return this.#engine.close(this.#name);
  }

  async #show(result: Promise<Snapshot>, anew = false): Promise<void> {
    try {
      const snapshot = await result;
      this.before.value = anew ? undefined : this.snapshot.value;
      this.snapshot.value = snapshot;
      this.error.value = undefined;
      const { value: selected } = this.selected;
      if (selected) await this.select(selected);
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }
}
