import type { Tensor } from '@tensorflow/tfjs-core';
import { tidy } from '../../lib/memory.ts';
import { Module, type AnyModule, type ForwardResult, type Params } from '../../lib/module.ts';
import { scalar } from '../../lib/constant.ts';
import type { Input } from '../../gradcheck/case.ts';
import { probeCoordinate } from '../../gradcheck/compareGradient.ts';
import { GradcheckTarget } from '../../gradcheck/target.ts';
import { tensorsOf, type Microscope } from './microscope.ts';
import type { Ref } from './refs.ts';
import { toTensor } from './values.ts';

/** A derivative, and the central difference with which it is compared. */
export interface Check {
  /** The derivative of C with respect to the number, computed by the boxes' backward methods. */
  readonly analytic: number;
  /** The central difference (C(x + h) − C(x − h)) / 2h, computed by two forward passes. */
  readonly numeric: number;
  /** The step h. */
  readonly step: number;
  /**
   * The result. At a `kink`, the one-sided differences disagree, so there is no derivative with
   * which to compare.
   */
  readonly verdict: 'right' | 'wrong' | 'kink';
}

/**
 * Compares the derivative of C with respect to one number with its central difference, as the
 * gradient checker does. The number may be an activation or a weight. For an element of a gradient,
 * it checks the activation or weight to which the element belongs.
 *
 * @returns undefined for the loss and for a target, because no box computes a derivative with
 *   respect to them.
 */
export function checkNumber(microscope: Microscope, ref: Ref): Check | undefined {
  const subject = subjectOf(microscope, ref);
  if (subject === undefined) return undefined;
  const { target, tensor, analytic } = subject;
  const checked = target.tensors.find(({ name }) => name === tensor);
  if (checked === undefined || !('index' in ref)) return undefined;
  const here = target.outputs();
  const probe = probeCoordinate(target, checked, ref.index, analytic, Float64Array.of(1), here);
  const { kind, numeric, step } = probe;
  return { analytic, numeric, step, verdict: kind };
}

function subjectOf(microscope: Microscope, ref: Ref) {
  switch (ref.kind) {
    case 'activation':
    case 'gradient': {
      const { place, part, index } = ref;
      const analytic = microscope.read({ kind: 'gradient', place, part, index });
      const tail = new Tail(microscope, place, {});
      const list = microscope.boxes[place]?.arity === 'list';
      return {
        target: targetOf(microscope, tail),
        tensor: list ? `input:${part}` : 'input',
        analytic,
      };
    }
    case 'param':
    case 'gradParam': {
      const { box, name, index } = ref;
      const analytic = microscope.read({ kind: 'gradParam', box, name, index });
      const tail = new Tail(microscope, box, { [name]: microscope.boxes[box].params[name] });
      return { target: targetOf(microscope, tail), tensor: `param:${name}`, analytic };
    }
    default:
      return undefined;
  }
}

function targetOf(microscope: Microscope, tail: Tail): GradcheckTarget {
  return tidy(() => {
    const inputs = microscope.snapshot().activations[tail.start].map(toTensor);
    const box = tail as unknown as Module<Input, Input>;
    return new GradcheckTarget({
      config: '',
      box,
      input: microscope.argument(tail.start, inputs) as Input,
    });
  });
}

/**
 * The boxes from one place of the chain to its end, followed by the cost, as a function x ↦ C. It
 * has no backward pass.
 */
class Tail extends Module<unknown, Tensor, undefined> {
  readonly start: number;
  override readonly params: Params;
  readonly #microscope: Microscope;

  constructor(microscope: Microscope, start: number, params: Params) {
    super();
    this.start = start;
    this.params = params;
    this.#microscope = microscope;
  }

  forward(input: unknown): ForwardResult<Tensor, undefined> {
    const { boxes, context } = this.#microscope;
    const chain: readonly AnyModule[] = boxes.slice(this.start);
    const output = tidy(() => {
      const last = chain.reduce((x, box) => box.infer(x, context), input);
      return scalar(this.#microscope.lossOf(tensorsOf(last)[0]).loss);
    });
    return { output, cache: undefined };
  }

  backpropToInput(): never {
    throw new Error('Tail runs forward only');
  }
}
