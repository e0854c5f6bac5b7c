import type { Tensor } from '@tensorflow/tfjs-core';
import { accumulate } from '../lib/gradSum.ts';
import { nameOf } from '../lib/check.ts';
import { similarName } from '../lib/didYouMean.ts';
import { InputError, show, withPath } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import { propagate } from '../lib/propagate.ts';
import type { AnyModule } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';
import { forwardBox, projectToInputs } from '../lib/runBox.ts';
import { factsOf } from '../lib/shapes.ts';
import type { Facts, Interval, Shape } from '../lib/facts.ts';
import { hull, inputsOf, windowAt } from '../lib/window.ts';
import { routeOf, runSteps, type Step } from './route.ts';

/** A block of a tensor, which is a range of positions per axis, without the batch. */
export type Span = readonly Interval[];

/** Returns the paths of all boxes and containers of a network, in the order in which they run. */
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
 * The path from the input of a network to a target, which is one of its boxes or containers at any
 * depth. A trace computes the output of the target (`infer`), propagates a gradient back to the
 * input (`inputGradient`, or `project` for another rule), and finds the block of the input on which
 * a block of the output depends (`spanOfInput`). Boxes on which the target does not depend are left
 * out.
 *
 * Errors: `expected box to be one of 0, 1, 2, got "7"`; a network that takes a list of
 *         tensors; a target with several outputs; those of the boxes.
 */
export class Trace {
  /** The shape of the target's output, without the batch. */
  readonly outputShape: readonly number[];
  /** The target box. If the target is a container, this is the box that computes its output. */
  readonly box: AnyModule;
  readonly #steps: readonly Step[];
  /** The shapes of the input and of each step's output, for a batch of one. */
  readonly #shapes: readonly Shape[];
  /** The facts of each step. */
  readonly #facts: readonly Facts[];

  constructor(network: AnyModule, target: string, inputShape: readonly number[]) {
    const { steps, ends } = routeOf(network);
    const outputs = ends.get(target);
    if (outputs?.length !== 1 || outputs[0] < 0) {
      const paths = boxPaths(network);
      // Paths that consist of numbers, such as 0.2 and 0.3, are all similar, so no suggestion is
      // made.
      const similar = /[a-z]/i.test(target) ? similarName(target, paths) : undefined;
      const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
      throw new InputError(
        `expected box to be one of ${listPaths(paths)}, got ${show(target)}${hint}`,
      );
    }
    const [end] = outputs;
    this.#steps = ancestors(steps, end);
    const shapes: Shape[] = [[1, ...inputShape]];
    this.#facts = this.#steps.map(({ box, path, from }) => {
      const inputs = from.map((source) => shapes[source + 1]);
      const facts = withPath(path, () => factsOf(box, inputs));
      shapes.push(facts.outputShape);
      return facts;
    });
    this.#shapes = shapes;
    this.box = steps[end].box;
    this.outputShape = shapes[shapes.length - 1].slice(1);
  }

  /** Computes the output of the target. Each intermediate value is disposed after its last use. */
  infer(input: Tensor): Tensor {
    const last = this.#steps.length - 1;
    const copyLast = (output: Tensor, step: number) => (step === last ? output.clone() : undefined);
    return runSteps(this.#steps, input, copyLast)[last]!;
  }

  /**
   * Computes ∂C/∂x for the network's input x from ∂C/∂y for the target's output y, with the
   * `backpropToInput` of the boxes in between.
   */
  inputGradient(input: Tensor, gradOutput: Tensor): Tensor {
    return this.project(input, gradOutput, 'gradient');
  }

  /**
   * Carries a signal from the target's output back to the network's input by a rule, with the
   * `project` of the boxes in between.
   */
  project(input: Tensor, signal: Tensor, rule: ProjectionRule): Tensor {
    return tidy(() => {
      const values: Tensor[] = [];
      const caches = this.#steps.map(({ box, path, from }) => {
        const inputs = from.map((source) => (source < 0 ? input : values[source]));
        const { output, cache } = withPath(path, () => forwardBox(box, inputs));
        values.push(output);
        return cache;
      });
      const signals = new Map<number, Tensor>([[this.#steps.length - 1, signal.clone()]]);
      for (let i = this.#steps.length - 1; i >= 0; i--) {
        const { box, path, from } = this.#steps[i];
        const own = signals.get(i)!;
        const parts = withPath(path, () => projectToInputs(box, own, caches[i], rule));
        from.forEach((source, k) => signals.set(source, accumulate(signals.get(source), parts[k])));
        disposeTensors([own, caches[i], values[i]]);
      }
      return signals.get(-1)!;
    });
  }

  /**
   * Finds the block of the input on which a block of the target's output depends, over all paths.
   *
   * @returns undefined if the block depends only on padding; an `UnknownWindow` if a box on a path
   *   does not state its window.
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
        spans.set(source, other === undefined ? before : union(before, other));
      });
    }
    return spans.get(-1);
  }
}

/** An unknown block, because a box on the way does not state its window. */
export interface UnknownWindow {
  /** The path and class of the box, such as `conv (MyConv)`. */
  readonly unknown: string;
}

/** Returns the smallest block that contains both blocks. */
const union = (a: Span, b: Span): Span => a.map((of, axis) => hull([of, b[axis]]) ?? of);

/**
 * Returns the step `end` and the steps on which it depends, in order. Their sources are renumbered.
 */
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

/** Formats a list of paths. At most 24 are shown, followed by the number of the others. */
function listPaths(paths: readonly string[]): string {
  const more = paths.length - 24;
  return more > 0 ? `${paths.slice(0, 24).join(', ')} and ${more} more` : paths.join(', ');
}
