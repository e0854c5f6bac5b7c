import type { Tensor } from '@tensorflow/tfjs-core';
import { accumulate } from '../lib/gradSum.ts';
import { nameOf } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import { withOptionalPath, propagate } from '../lib/propagate.ts';
import { type AnyModule } from '../lib/module.ts';
import { factsOf } from '../lib/shapes.ts';
import type { Facts, Interval, Shape } from '../lib/facts.ts';
import { hull, inputsOf } from '../lib/window.ts';
import { windowAt } from './summary/receptiveField.ts';

/** A range of positions per axis of a value, without the batch. */
export type Span = readonly Interval[];

/**
 * A box that runs on the way, and which of the others it takes from: their numbers, −1 for the
 * input.
 */
interface Step {
  readonly box: AnyModule;
  readonly path: string;
  readonly from: readonly number[];
}

/** The path of every box and container of a network, in the order of the forward. */
function boxPaths(network: AnyModule): string[] {
  const paths = new Set<string>();
  const add = (path: string) => void paths.add(path);
  propagate<undefined>(
    network,
    [undefined],
    (_, __, path) => add(path),
    (_, path) => add(path),
  );
  return [...paths].filter((path) => path !== '');
}

/**
 * The way from the input of a network to one of its boxes or containers, however deep it lies in
 * others: forward, back with a gradient, and back with the cells that others depend on, which goes
 * the way of the gradient. Boxes that the target does not depend on are not run.
 *
 * Errors: `expected box to be one of 0, 1, 2, got "7"`; a graph with a list of outputs; those of
 *         the boxes.
 */
export class Trace {
  /** Without the batch, of the target's output. */
  readonly outputShape: readonly number[];
  /** What the target is: the box whose output it gives. */
  readonly box: AnyModule;
  readonly #steps: readonly Step[];
  /** With a batch of one: of the input first, and after it of each step. */
  readonly #shapes: readonly Shape[];
  /** One per step. */
  readonly #facts: readonly Facts[];

  constructor(network: AnyModule, target: string, inputShape: readonly number[]) {
    if (network.arity === 'list')
      throw new InputError('expected a network that takes one tensor, got a list');
    const steps: Step[] = [];
    const ends = new Map<string, readonly number[]>();
    const visit = (box: AnyModule, from: readonly number[], path: string) => {
      const step = steps.push({ box, path, from }) - 1;
      ends.set(path, [step]);
      return step;
    };
    propagate<number>(network, [-1], visit, (outputs, path) => void ends.set(path, outputs));
    const outputs = ends.get(target);
    if (outputs?.length !== 1 || outputs[0] < 0) {
      throw new InputError(
        `expected box to be one of ${listed(boxPaths(network))}, got ${show(target)}`,
      );
    }
    const [end] = outputs;
    this.#steps = ancestors(steps, end);
    const shapes: Shape[] = [[1, ...inputShape]];
    this.#facts = this.#steps.map(({ box, path, from }) => {
      const inputs = from.map((source) => shapes[source + 1]);
      const facts = withOptionalPath(path, () => factsOf(box, inputs));
      shapes.push(facts.outputShape);
      return facts;
    });
    this.#shapes = shapes;
    this.box = steps[end].box;
    this.outputShape = shapes[shapes.length - 1].slice(1);
  }

  /** The target's output. Values on the way are let go after their last use. */
  infer(input: Tensor): Tensor {
    return tidy(() => {
      const values: Tensor[] = [];
      this.#steps.forEach(({ box, path, from }, i) => {
        const inputs = from.map((source) => (source < 0 ? input : values[source]));
        values.push(
          withOptionalPath(
            path,
            () => box.infer(box.arity === 'list' ? inputs : inputs[0]) as Tensor,
          ),
        );
        const used = (source: number) =>
          this.#steps.slice(i + 1).some((later) => later.from.includes(source));
        disposeTensors(
          from.filter((source) => source >= 0 && !used(source)).map((source) => values[source]),
        );
      });
      return values[values.length - 1];
    });
  }

  /**
   * ∂C/∂x of the network's input, from ∂C/∂y of the target's output y; by `backpropToInput` of the
   * boxes between.
   */
  inputGradient(input: Tensor, gradOutput: Tensor): Tensor {
    return tidy(() => {
      const values: Tensor[] = [];
      const caches = this.#steps.map(({ box, path, from }) => {
        const inputs = from.map((source) => (source < 0 ? input : values[source]));
        const { output, cache } = withOptionalPath(path, () =>
          box.forward(box.arity === 'list' ? inputs : inputs[0]),
        );
        values.push(output as Tensor);
        return cache;
      });
      const grads = new Map<number, Tensor>([[this.#steps.length - 1, gradOutput.clone()]]);
      for (let i = this.#steps.length - 1; i >= 0; i--) {
        const { box, path, from } = this.#steps[i];
        const grad = grads.get(i);
        const parts = [
          withOptionalPath(path, () => box.backpropToInput(grad, caches[i])),
        ].flat() as Tensor[];
        from.forEach((source, k) => grads.set(source, accumulate(grads.get(source), parts[k])));
        disposeTensors([grad, caches[i], values[i]]);
      }
      return grads.get(-1)!;
    });
  }

  /**
   * The block of the input that a block of the target's output depends on, along all ways to it;
   * undefined if it depends on no element, as padding does.
   *
   * @returns `unknown` with the first box on the way that does not state its window.
   */
  spanOfInput(span: Span): Span | undefined | UnknownWindow {
    const spans = new Map<number, Span>([[this.#steps.length - 1, span]]);
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const own = spans.get(i);
      if (own === undefined) continue;
      const { box, path, from } = this.#steps[i];
      const { window } = this.#facts[i];
      if (window === undefined)
        return { unknown: path === '' ? nameOf(box) : `${path} (${nameOf(box)})` };
      from.forEach((source, k) => {
        const [inputShape, outputShape] = [this.#shapes[source + 1], this.#shapes[i + 1]];
        const before = inputsOf(windowAt(window, k), own, inputShape, outputShape);
        if (before === undefined) return;
        const other = spans.get(source);
        spans.set(source, other === undefined ? before : both(before, other));
      });
    }
    return spans.get(-1);
  }
}

/** The answer where a box on the way states no window: its path and class, `conv (MyConv)`. */
export interface UnknownWindow {
  readonly unknown: string;
}

const both = (a: Span, b: Span): Span => a.map((of, axis) => hull([of, b[axis]]) ?? of);

/** The steps that one of them needs, with itself the last; numbered anew. */
function ancestors(steps: readonly Step[], end: number): Step[] {
  const needed = new Set([end]);
  for (let i = end; i >= 0; i--)
    if (needed.has(i)) steps[i].from.forEach((source) => needed.add(source));
  const kept = steps.map((_, i) => i).filter((i) => needed.has(i));
  return kept.map((i) => ({
    ...steps[i],
    from: steps[i].from.map((s) => (s < 0 ? s : kept.indexOf(s))),
  }));
}

/** The first of many. */
function listed(paths: readonly string[]): string {
  const more = paths.length - 24;
  return more > 0 ? `${paths.slice(0, 24).join(', ')} and ${more} more` : paths.join(', ');
}
