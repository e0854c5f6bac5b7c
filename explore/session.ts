import { batch, computed, signal } from '@preact/signals';
import { messageOf } from '../lib/errors.ts';
import type { Inspection, Subject } from './engine/engine.ts';
import type { RemoteEngine } from './engine/messages.ts';
import type { Snapshot } from './engine/snapshot.ts';
import { refKey, type Ref } from './engine/refs.ts';

/**
 * The state of a view that shows a chain of boxes: all its numbers, the selected number and what is
 * known about it. Views read the signals and call the methods. The engine computes the numbers.
 */
export class Session {
  readonly snapshot = signal<Snapshot | undefined>(undefined);
  /**
   * The numbers before the last change. They are used to highlight the numbers that have changed.
   */
  readonly before = signal<Snapshot | undefined>(undefined);
  readonly selected = signal<Ref | undefined>(undefined);
  readonly inspection = signal<Inspection | undefined>(undefined);
  readonly error = signal<string | undefined>(undefined);
  /**
   * The chain that `snapshot` shows. If another chain cannot be opened, this is still the previous
   * one.
   */
  readonly subject = signal<Subject | undefined>(undefined);
  /**
   * Whether the last attempt to open a chain failed. The page then still shows the numbers of the
   * previous chain, although its form shows the new one.
   */
  readonly isStale = signal(false);
  /**
   * The numbers that the reader has changed since the chain was opened. The keys come from
   * `refKey`.
   */
  readonly edits = signal<ReadonlyMap<string, number>>(new Map());
  /**
   * The numbers that are highlighted for the selected number: the numbers of the chain that are its
   * factors, and those from which its other factors are computed. The keys come from `refKey`.
   */
  readonly lit = computed(() => {
    const terms = this.inspection.value?.products?.terms ?? [];
    const refs = terms.flat().flatMap(({ ref, reads = [] }) => (ref ? [ref] : reads));
    return new Set(refs.map(refKey));
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
    await this.#show(this.#engine.open(this.#name, subject), subject);
  }

  /** Changes a number. Every number that depends on it changes too. */
  async write(ref: Ref, value: number): Promise<void> {
    await this.#show(this.#engine.write(this.#name, ref, value));
    if (this.error.value === undefined) {
      this.edits.value = new Map(this.edits.value).set(refKey(ref), value);
    }
  }

  /** Shows the reason why a number that the reader typed is not accepted. */
  refuse(message: string): void {
    this.error.value = message;
  }

  /** Makes one step of gradient descent. */
  step(learningRate: number): Promise<void> {
    return this.#show(this.#engine.step(this.#name, learningRate));
  }

  /**
   * Returns the numbers after a step of gradient descent. The chain itself does not change. If the
   * engine throws, the error is shown and undefined is returned.
   */
  async preview(learningRate: number): Promise<Snapshot | undefined> {
    try {
      return await this.#engine.preview(this.#name, learningRate);
    } catch (error) {
      this.error.value = messageOf(error);
      return undefined;
    }
  }

  /** Marks all parameters as changed by the reader. */
  editAllParams(): void {
    const next = new Map(this.edits.value);
    this.snapshot.value?.boxes.forEach(({ params }, box) => {
      for (const [name, { values }] of Object.entries(params)) {
        values.forEach((value, index) => {
          next.set(refKey({ kind: 'param', box, name, index }), value);
        });
      }
    });
    this.edits.value = next;
  }

  /** Restores the parameters of an earlier snapshot. */
  restore(snapshot: Snapshot): Promise<void> {
    return this.#show(this.#engine.restore(this.#name, snapshot));
  }

  /**
   * Selects a number, and finds its products and its central difference. For undefined, nothing is
   * selected.
   */
  async select(ref: Ref | undefined): Promise<void> {
    this.selected.value = ref;
    if (ref === undefined) {
      this.inspection.value = undefined;
      return;
    }
    try {
      const inspection = await this.#engine.inspect(this.#name, ref);
      // Another number may have been selected while this one was computed.
      if (this.selected.value === ref) this.inspection.value = inspection;
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  /** Frees the tensors in the worker. */
  close(): Promise<void> {
    return this.#engine.close(this.#name);
  }

  /** @param opened the chain that this call opens, if it opens one. */
  async #show(result: Promise<Snapshot>, opened?: Subject): Promise<void> {
    try {
      const snapshot = await result;
      batch(() => {
        this.before.value = opened ? undefined : this.snapshot.value;
        this.snapshot.value = snapshot;
        this.subject.value = opened ?? this.subject.value;
        this.error.value = undefined;
        this.isStale.value = false;
      });
      const { value: selected } = this.selected;
      if (selected) await this.select(selected);
    } catch (error) {
      this.error.value = messageOf(error);
      if (opened) this.isStale.value = true;
    }
  }
}
