import {
  add,
  greater,
  less,
  mul,
  neg,
  reshape,
  sub,
  where,
  zerosLike,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkGradOutput,
  checkInput,
  checkNumber,
  checkOptions,
  checkRank,
  checkSize,
  nameOf,
} from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { BoxError, show } from '../lib/errors.ts';
import { createParam, fill, type Initializer } from '../lib/init/initializers.ts';
import { powOf, quotient } from '../lib/kernels/elementwise/keepNaN.ts';
import { maximum } from '../lib/kernels/elementwise/maximum.ts';
import { sumTo } from '../lib/kernels/reduce/sumTo.ts';
import { tidy } from '../lib/memory.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult, type Grads } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** x + c, x − c, c − x, x c, x/c, c/x, x^c, max(x, c), or min(x, c). */
export type ArithmeticOperation =
  | 'add'
  | 'subtract'
  | 'subtractFrom'
  | 'multiply'
  | 'divide'
  | 'divideInto'
  | 'power'
  | 'max'
  | 'min';

/** The options of `Arithmetic`. */
export interface ArithmeticOptions {
  /**
   * The shape of c, which is repeated over the input's other axes. It stands for the last axes, and
   * an axis may have the size 1; `[]`, the default, is one number for all elements.
   */
  readonly shape?: readonly number[];
  /**
   * Whether c is learned; true by default. For `'power'`, `'max'` and `'min'`, c is one number that
   * is not learned.
   */
  readonly trainable?: boolean;
  /** The initial c, 1 by default. */
  readonly init?: number | Initializer;
  /** The generator that draws the initial c; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `Arithmetic` keeps for its backward methods. */
export interface ArithmeticCache {
  readonly input: Tensor;
}

/** f(x, c), and the products of g = ∂C/∂x_out with ∂f/∂x and ∂f/∂c. */
interface Rule {
  readonly f: (x: Tensor, c: Tensor) => Tensor;
  readonly toInput: (g: Tensor, x: Tensor, c: Tensor) => Tensor;
  readonly toOperand: (g: Tensor, x: Tensor, c: Tensor) => Tensor;
}

const RULES: Readonly<Record<Exclude<ArithmeticOperation, Single>, Rule>> = {
  add: { f: add, toInput: (g) => g, toOperand: (g) => g },
  subtract: { f: sub, toInput: (g) => g, toOperand: neg },
  subtractFrom: { f: (x, c) => sub(c, x), toInput: neg, toOperand: (g) => g },
  multiply: { f: mul, toInput: (g, _x, c) => mul(g, c), toOperand: (g, x) => mul(g, x) },
  divide: {
    f: quotient,
    toInput: (g, _x, c) => quotient(g, c),
    toOperand: (g, x, c) => neg(quotient(quotient(mul(g, x), c), c)),
  },
  divideInto: {
    f: (x, c) => quotient(c, x),
    toInput: (g, x, c) => neg(quotient(quotient(mul(g, c), x), x)),
    toOperand: (g, x) => quotient(g, x),
  },
};

/** The operations whose operand is one number that is not learned: f(x, c), and g ∂f/∂x. */
type Single = 'power' | 'max' | 'min';

const SINGLE: Readonly<
  Record<
    Single,
    {
      readonly f: (x: Tensor, c: number) => Tensor;
      readonly toInput: (g: Tensor, x: Tensor, c: number) => Tensor;
    }
  >
> = {
  power: { f: powOf, toInput: (g, x, c) => mul(g, mul(scalar(c), powOf(x, c - 1))) },
  max: {
    f: (x, c) => maximum(x, scalar(c)),
    toInput: (g, x, c) => where(less(x, scalar(c)), zerosLike(g), g),
  },
  min: {
    f: (x, c) => neg(maximum(neg(x), scalar(-c))),
    toInput: (g, x, c) => where(greater(x, scalar(c)), zerosLike(g), g),
  },
};

/**
 * Combines every element with an operand c, by one operation. With g = ∂C/∂x_out:
 *
 *                 forward x_out   backpropToInput ∂C/∂x_in   backpropToParams ∂C/∂c = Σ ...
 *   add           x + c           g                          g
 *   subtract      x − c           g                          −g
 *   subtractFrom  c − x           −g                         g
 *   multiply      x c             g c                        g x
 *   divide        x/c             g/c                        −g x/c²
 *   divideInto    c/x             −g c/x²                    g/x
 *   power         x^c             g c x^(c − 1)
 *   max           max(x, c)       g where x ≥ c, else 0
 *   min           min(x, c)       g where x ≤ c, else 0
 *
 * The sums run over the batch and all axes along which c is repeated. For the last three
 * operations, c is one number that is not learned.
 *
 * Shapes: input, output, gradOutput [N, ..., ...shape]; operand (c) `shape`.
 * Errors: an input or gradOutput of the wrong shape or dtype; a `shape`, `trainable` or initializer
 *         for an operation whose c is one number; a random `init` without `rng`.
 * Source: the operators Add, Sub, Mul, Div, Pow, Max and Min of ONNX with one constant input.
 *
 *     const box = new Arithmetic('multiply', { shape: [2], init: init.values([3, -1]) });
 *     box.infer(tensor2d([[1, 2]]));   // [[3, -2]]
 */
export class Arithmetic extends Module<Tensor, Tensor, ArithmeticCache> {
  override readonly params: { readonly operand?: Variable };
  override readonly buffers: { readonly operand?: Variable };
  override readonly noDecay = ['operand'];
  override readonly hidesInfinity: boolean;
  readonly operation: ArithmeticOperation;
  readonly shape: readonly number[];
  /** c of `'power'`, `'max'` and `'min'`. */
  readonly value: number | undefined;

  constructor(operation: ArithmeticOperation, options: ArithmeticOptions = {}) {
    super();
    checkOptions(this, options, ['shape', 'trainable', 'init', 'rng']);
    checkChoice(this, 'operation', operation, [...Object.keys(RULES), ...Object.keys(SINGLE)]);
    const { shape = [], trainable = true, init = 1, rng } = options;
    shape.forEach((size) => checkSize(this, 'shape', size));
    this.operation = operation;
    this.shape = [...shape];
    this.hidesInfinity = operation === 'divideInto' || isSingle(operation);
    [this.params, this.buffers] = [{}, {}];
    if (isSingle(operation)) {
      if (typeof init !== 'number' || shape.length > 0 || options.trainable === true) {
        const given = shape.length > 0 ? `shape ${show([...shape])}` : 'trainable true';
        throw new BoxError(
          [nameOf(this)],
          `expected only a number init with ${show(operation)}, got ${typeof init === 'number' ? given : `init ${show(init)}`}`,
        );
      }
      checkNumber(this, 'init', init);
      this.value = init;
      return;
    }
    const fan = { fanIn: 1, fanOut: 1 };
    const initializer = typeof init === 'number' ? fill(init) : init;
    const operand = createParam(this, 'operand', [...shape], fan, initializer, rng);
    if (trainable) this.params = { operand };
    else this.buffers = { operand };
  }

  forward(input: Tensor): ForwardResult<Tensor, ArithmeticCache> {
    checkInput(this, input);
    this.#checkInput(input.shape);
    return { output: this.#apply(input), cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: ArithmeticCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    const { operation, value = 0 } = this;
    return tidy(() =>
      isSingle(operation)
        ? SINGLE[operation].toInput(gradOutput, input, value)
        : RULES[operation].toInput(gradOutput, input, this.#operand()).clone(),
    );
  }

  override backpropToParams(gradOutput: Tensor, { input }: ArithmeticCache): Grads {
    checkGradOutput(this, 'backpropToParams', gradOutput, input.shape);
    const { operation, params } = this;
    if (isSingle(operation) || params.operand === undefined) return {};
    return tidy(() => {
      const products = RULES[operation].toOperand(gradOutput, input, this.#operand());
      const missing = input.shape.slice(this.shape.length).map(() => 1);
      const sum = sumTo(products, [...missing, ...this.shape]);
      return { operand: reshape(sum, [...this.shape]) };
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    this.#checkInput(input);
    return sameShape(input, 'elementwise');
  }

  override describe(): string {
    const shape = this.shape.length === 0 ? 'one number' : `[${this.shape.join(', ')}]`;
    return `Arithmetic: ${this.operation} ${this.value ?? shape}`;
  }

  #apply(x: Tensor): Tensor {
    const { operation, value = 0 } = this;
    return tidy(() =>
      isSingle(operation) ? SINGLE[operation].f(x, value) : RULES[operation].f(x, this.#operand()),
    );
  }

  #operand(): Variable {
    const { operand = this.buffers.operand } = this.params;
    if (operand === undefined) throw new Error('an Arithmetic without operand');
    return operand;
  }

  #checkInput(shape: Shape): void {
    const trailing = shape.slice(shape.length - this.shape.length);
    const fits =
      shape.length > this.shape.length &&
      this.shape.every((size, axis) => size === trailing[axis] || size === 1);
    if (fits) return;
    throw new BoxError(
      ['Arithmetic.forward'],
      `expected input of shape [N, ..., ${this.shape.join(', ')}], got [${shape.join(', ')}]`,
    );
  }
}

function isSingle(operation: ArithmeticOperation): operation is Single {
  return Object.hasOwn(SINGLE, operation);
}
