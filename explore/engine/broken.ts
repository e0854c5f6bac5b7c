import { mul, neg, type Tensor } from '@tensorflow/tfjs-core';
import { constant, scalar } from '../../lib/constant.ts';
import { coordinates, flatIndex } from '../../lib/coordinates.ts';
import { Cost } from '../../lib/cost.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { nameOf } from '../../lib/check.ts';
import type { AnyModule, Grads } from '../../lib/module.ts';
import { mapValues, tensorsOf } from './microscope.ts';
import type { Mistake } from './mistakes.ts';

/** The two backward methods of a box. */
interface Backward {
  readonly input: (gradOutput: Tensor, cache: unknown) => Tensor | Tensor[];
  readonly params: (gradOutput: Tensor, cache: unknown) => Grads;
}

/** The axes of the weight along which the kernel runs. */
const KERNEL_AXES: Readonly<Record<string, readonly number[]>> = {
  Conv1D: [0],
  Conv2D: [0, 1],
  Conv3D: [0, 1, 2],
  ConvTranspose2D: [0, 1],
  DepthwiseConv2D: [0, 1],
  LocallyConnected1D: [1],
  LocallyConnected2D: [2, 3],
  SCell: [0, 1],
  TableConv2D: [0, 1],
};

/** The largest output for which the gradient of each element is computed separately. */
const MOST_OUTPUTS = 300;

/**
 * For each mistake, a function that makes the wrong methods from the correct ones. A method that it
 * does not return remains correct.
 */
const BREAK: Record<Mistake, (right: Backward, box: string) => Partial<Backward>> = {
  flip: ({ params }, box) => ({
    params: (g, cache) => {
      const { weight, ...others } = params(g, cache);
      const axes = KERNEL_AXES[box];
      return weight && axes ? { ...others, weight: flip(weight, axes) } : params(g, cache);
    },
  }),
  batch: ({ params }) => ({ params: (g, cache) => params(firstExample(g), cache) }),
  overwrite: ({ input }) => ({ input: (g, cache) => lastTerms(input, g, cache) }),
  factor: ({ input, params }) => ({
    input: (g, cache) => each(input(g, cache), thrice),
    params: (g, cache) => mapValues(params(g, cache), thrice),
  }),
  pass: ({ input }) => ({
    input: (g, cache) => {
      const right = input(g, cache);
      return each(right, (one) => (one.shape.join() === g.shape.join() ? g.clone() : one));
    },
  }),
  ignore: ({ input, params }) => ({
    input: (g, cache) => input(ones(g), cache),
    params: (g, cache) => params(ones(g), cache),
  }),
  transpose: ({ input, params }) => ({
    input: (g, cache) => {
      const hasWeight = Object.values(params(g, cache)).some(({ rank }) => rank > 1);
      return hasWeight ? input(g, cache) : each(input(g, cache), transposed);
    },
    params: (g, cache) => mapValues(params(g, cache), transposed),
  }),
  sign: ({ input, params }) => ({
    input: (g, cache) => each(input(g, cache), (one) => neg(one)),
    params: (g, cache) => mapValues(params(g, cache), (one) => neg(one)),
  }),
};

/**
 * Builds a mistake into the backward methods of a box or cost. `forward` remains correct, and so
 * does every method that the mistake does not change.
 */
export function breakBox(box: AnyModule | Cost, mistake: Mistake): void {
  if (box instanceof Cost) {
    const right = box.backpropToInput.bind(box);
    if (mistake === 'factor') box.backpropToInput = (cache) => tidy(() => times(right(cache)));
    if (mistake === 'sign') box.backpropToInput = (cache) => tidy(() => neg(right(cache)));
    return;
  }
  const right: Backward = {
    input: box.backpropToInput.bind(box) as Backward['input'],
    params: box.backpropToParams.bind(box),
  };
  const wrong = { ...right, ...BREAK[mistake](right, nameOf(box)) };
  // A method of the box may call the other one. Such a call must use the correct method and not the
  // wrong one.
  let isInside = false;
  const once = <T extends Tensor | Tensor[] | Grads>(body: () => T): T => {
    isInside = true;
    try {
      return tidy(body);
    } finally {
      isInside = false;
    }
  };
  box.backpropToInput = (g, cache) =>
    isInside ? right.input(g as Tensor, cache) : once(() => wrong.input(g as Tensor, cache));
  box.backpropToParams = (g, cache) =>
    isInside ? right.params(g as Tensor, cache) : once(() => wrong.params(g as Tensor, cache));
  box.backprop = (g, cache) => ({
    gradInput: box.backpropToInput(g, cache),
    gradParams: box.backpropToParams(g, cache),
  });
  box.backpropParams = (g, cache) => {
    const gradParams = box.backpropToParams(g, cache);
    disposeTensors(cache);
    return gradParams;
  };
}

function each(value: Tensor | Tensor[], change: (tensor: Tensor) => Tensor): Tensor | Tensor[] {
  return Array.isArray(value) ? value.map(change) : change(value);
}

/**
 * Multiplies by 3. No example has a batch of three, so this mistake cannot be confused with a wrong
 * batch factor.
 */
function thrice(tensor: Tensor): Tensor {
  return mul(tensor, scalar(3));
}

/** Multiplies by the size of the first axis, as if 1/N were missing in the gradient of a mean. */
function times(tensor: Tensor): Tensor {
  return mul(tensor, scalar(tensor.shape[0] > 1 ? tensor.shape[0] : 2));
}

function ones({ size, shape }: Tensor): Tensor {
  return constant(new Float64Array(size).fill(1), shape);
}

/** Keeps the part of ∂C/∂x_out that belongs to the first example, and sets the rest to 0. */
function firstExample(g: Tensor): Tensor {
  const each = g.size / (g.shape[0] ?? 1);
  return constant(
    g.dataSync().map((value, i) => (i < each ? value : 0)),
    g.shape,
  );
}

/**
 * Computes the gradient of each output separately, and lets each overwrite the gradients of earlier
 * outputs.
 */
function lastTerms(input: Backward['input'], g: Tensor, cache: unknown): Tensor | Tensor[] {
  const right = input(g, cache);
  if (g.size > MOST_OUTPUTS) return right;
  const grads = g.dataSync();
  const sums = tensorsOf(right).map(({ size }) => new Float64Array(size));
  grads.forEach((grad, i) => {
    tidy(() => {
      const alone = constant(
        grads.map((_, k) => (k === i ? grad : 0)),
        g.shape,
      );
      tensorsOf(input(alone, cache)).forEach((part, p) => {
        part.dataSync().forEach((term, j) => {
          if (term !== 0) sums[p][j] = term;
        });
      });
    });
  });
  const wrong = tensorsOf(right).map(({ shape }, p) => constant(sums[p], shape));
  return Array.isArray(right) ? wrong : wrong[0];
}

function flip(tensor: Tensor, axes: readonly number[]): Tensor {
  return gather(tensor, tensor.shape, (at) =>
    at.map((i, axis) => (axes.includes(axis) ? tensor.shape[axis] - 1 - i : i)),
  );
}

/** Exchanges the last two axes that have more than one element, but does not change the shape. */
function transposed(tensor: Tensor): Tensor {
  const { shape } = tensor;
  const [q, p] = [...shape.keys()].filter((axis) => shape[axis] > 1).reverse();
  if (p === undefined) return tensor;
  const swap = (list: readonly number[]) =>
    list.map((item, axis) => (axis === p ? list[q] : axis === q ? list[p] : item));
  return gather(tensor, swap(shape), swap);
}

/**
 * Makes a tensor of the same shape. Its elements are those at the positions `from(at)`, where `at`
 * runs through all positions of `shape` in order.
 */
function gather(
  tensor: Tensor,
  shape: readonly number[],
  from: (at: number[]) => number[],
): Tensor {
  const values = tensor.dataSync();
  const taken = values.map((_, index) => {
    return values[flatIndex(from(coordinates(index, shape)), tensor.shape)];
  });
  return constant(taken, tensor.shape);
}
