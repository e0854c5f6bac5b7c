import { disposeTensors } from '../../lib/memory.ts';
import { SLIDE } from '../../models/slideOfExample.ts';
import { workedExample } from '../../models/workedExample.ts';
import type { Result } from '../../gradcheck/result.ts';
import type { Architecture, ArchitectureSummary, NetworkName, UnitField } from './architecture.ts';
import { checkNumber, type Check } from './check.ts';
import { Microscope } from './microscope.ts';
import type { Snapshot } from './snapshot.ts';
import type { Mistake } from './mistakes.ts';
import { openBox, writeAll, type BoxSubject, type Edits } from './openBox.ts';
import { openNetwork, type NetworkSubject } from './openNetwork.ts';
import { productsOf, type Products } from './products.ts';
import type { Ref } from './refs.ts';
import { toValue } from './values.ts';
import { mistakesFor, verdictOn, type Verdict } from './verdict.ts';

/** The origin of a number: the products whose sum it is, and its central difference. */
export interface Inspection {
  readonly value: number;
  readonly products?: Products;
  readonly check?: Check;
}

/** Describes a chain of boxes. The worker builds the chain from it. */
export type Subject = ExampleSubject | BoxSubject | NetworkSubject;

/** The lecture's worked example, with the numbers that the reader has changed. */
export interface ExampleSubject {
  readonly kind: 'example';
  readonly edits?: Edits;
}

/**
 * Does the computations of the page, in double precision. It holds one microscope per name. It runs
 * in the worker, and all methods take and return values that can be sent between threads.
 */
export class Engine {
  readonly #open = new Map<string, Microscope>();
  /** The network of the view `#/architectures`, if one has been opened. */
  #architecture: Architecture | undefined;

  /** Opens a chain of boxes under a name. It replaces an earlier chain of the same name. */
  open(name: string, subject: Subject): Snapshot {
    const microscope = makeMicroscope(subject);
    const snapshot = microscope.snapshot();
    this.close(name);
    this.#open.set(name, microscope);
    return snapshot;
  }

  /**
   * Changes a number, which must be one that the reader may change. If a box does not accept the
   * number, the change is undone.
   */
  write(name: string, ref: Ref, value: number): Snapshot {
    const microscope = this.#get(name);
    const before = microscope.read(ref);
    try {
      microscope.write(ref, value);
      return microscope.snapshot();
    } catch (error) {
      if (microscope.isEditable(ref)) microscope.write(ref, before);
      throw error;
    }
  }

  /** Makes one step of gradient descent. */
  step(name: string, learningRate: number): Snapshot {
    const microscope = this.#get(name);
    microscope.step(learningRate);
    return microscope.snapshot();
  }

  /** Returns the numbers after a step of gradient descent. The chain itself does not change. */
  preview(name: string, learningRate: number): Snapshot {
    const microscope = this.#get(name);
    const saved = microscope.save();
    try {
      microscope.step(learningRate);
      return microscope.snapshot();
    } finally {
      microscope.restore(saved);
    }
  }

  /** Restores the parameters of an earlier snapshot. */
  restore(name: string, snapshot: Snapshot): Snapshot {
    const microscope = this.#get(name);
    microscope.restore(snapshot.boxes.map(({ params }) => params));
    return microscope.snapshot();
  }

  /**
   * Finds the products whose sum is a number, and computes the central difference of the number.
   */
  inspect(name: string, ref: Ref): Inspection {
    const microscope = this.#get(name);
    const products = productsOf(microscope, ref);
    const check = checkNumber(microscope, ref);
    return {
      value: microscope.read(ref),
      ...(products && { products }),
      ...(check && { check }),
    };
  }

  /** Runs the gradient checker on an open box or cost. */
  verdict(name: string): readonly Verdict[] {
    return verdictOn(this.#get(name));
  }

  /** Lists the mistakes that can be built into a box. */
  mistakes(subject: BoxSubject): readonly Mistake[] {
    return mistakesFor(subject);
  }

  /** Lists the networks that `architecture` accepts. */
  async networks(): Promise<readonly NetworkName[]> {
    return (await import('./architecture.ts')).NETWORKS;
  }

  /** Lists the boxes of a network. */
  async architecture(name: string): Promise<ArchitectureSummary> {
    return (await this.#networkNamed(name)).summary;
  }

  /** Finds the part of the image on which a unit of a box depends. */
  async fieldOf(name: string, path: string, unit: readonly [number, number]): Promise<UnitField> {
    return (await this.#networkNamed(name)).fieldOf(path, unit);
  }

  /** Checks the gradients of a network that has weights. */
  async checkNetwork(name: string): Promise<readonly Result[]> {
    return (await this.#networkNamed(name)).check();
  }

  /** Disposes the chain that was opened under a name, if there is one. */
  close(name: string): void {
    this.#open.get(name)?.dispose();
    this.#open.delete(name);
  }

  /** Loads the networks when they are first needed, so that the page starts without them. */
  async #networkNamed(name: string): Promise<Architecture> {
    const { Architecture } = await import('./architecture.ts');
    if (this.#architecture?.summary.name !== name) {
      const next = await Architecture.open(name);
      this.#architecture?.dispose();
      this.#architecture = next;
    }
    return this.#architecture;
  }

  #get(name: string): Microscope {
    const microscope = this.#open.get(name);
    if (microscope === undefined) throw new Error(`expected an open view, got ${name}`);
    return microscope;
  }
}

function makeMicroscope(subject: Subject): Microscope {
  switch (subject.kind) {
    case 'example':
      return openExample(subject);
    case 'box':
      return openBox(subject);
    case 'network':
      return openNetwork(subject);
  }
}

function openExample({ edits = [] }: ExampleSubject): Microscope {
  const { boxes, cost, input, target } = workedExample();
  const [x, y] = [toValue(input), toValue(target)];
  disposeTensors([input, target]);
  const names = SLIDE.map((weights) => ({
    weight: weights.map(([name]) => name.replace('w', 'w_')),
  }));
  const microscope = new Microscope({ boxes, input: [x], cost: { cost, target: y }, names });
  writeAll(microscope, edits);
  return microscope;
}
