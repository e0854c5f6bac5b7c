import { Tensor, type DataType } from '@tensorflow/tfjs-core';
import { didYouMean } from './didYouMean.ts';
import { BoxError, show } from './errors.ts';

/**
 * The shape that a tensor must have. A number is a size that must match. A letter matches any size
 * of at least 1, and names it in messages.
 */
export type ShapePattern = readonly (number | string)[];

/** Returns the name of a box for messages, which is the name of its class. */
export function nameOf(box: object): string {
  return box.constructor.name;
}

/** Returns whether a value is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

/**
 * Throws an error that names `box.method` if a value is not a live tensor of this shape and dtype.
 */
export function checkTensor(
  box: object,
  method: string,
  what: string,
  tensor: Tensor,
  pattern: ShapePattern,
  dtype: DataType = 'float32',
): void {
  const fail = (expected: string, got: string) => {
    throw new BoxError([`${nameOf(box)}.${method}`], `expected ${what} ${expected}, got ${got}`);
  };
  if (!(tensor instanceof Tensor)) fail('to be a tensor', show(tensor));
  if (tensor.isDisposed) fail('to be alive', 'a disposed tensor');
  checkShape(box, method, what, tensor.shape, pattern);
  if (tensor.dtype !== dtype) fail(`of dtype ${dtype}`, tensor.dtype);
}

/** Throws an error that names `box.method` if a shape does not match the pattern. */
export function checkShape(
  box: object,
  method: string,
  what: string,
  shape: readonly number[],
  pattern: ShapePattern,
): void {
  const fits =
    shape.length === pattern.length &&
    pattern.every((size, axis) => typeof size === 'string' || size === shape[axis]);
  if (fits) {
    checkNotEmpty(box, method, what, shape);
    return;
  }
  throw new BoxError(
    [`${nameOf(box)}.${method}`],
    `expected ${what} of shape [${pattern.join(', ')}], got [${shape.join(', ')}]`,
  );
}

/**
 * Throws if a tensor has no elements. An empty batch has no mean, and some kernels crash on it or
 * read the memory of other tensors.
 */
function checkNotEmpty(box: object, method: string, what: string, shape: readonly number[]): void {
  if (!shape.includes(0)) return;
  throw new BoxError(
    [`${nameOf(box)}.${method}`],
    `expected ${what} without an axis of size 0, got shape [${shape.join(', ')}]`,
  );
}

/** Throws if the mode of a context is neither `'training'` nor `'inference'`. */
export function checkMode(box: object, context: { readonly mode: string } | undefined): void {
  if (context === undefined || MODES.includes(context.mode)) return;
  throw new BoxError(
    [`${nameOf(box)}.forward`],
    `expected context.mode to be one of "training", "inference", got ${show(context.mode)}`,
  );
}

const MODES = ['training', 'inference'];

/**
 * Returns whether a forward pass runs in training mode. Without a context it runs in inference
 * mode. Throws for an unknown mode.
 */
export function isTraining(box: object, context: { readonly mode: string } | undefined): boolean {
  checkMode(box, context);
  return context?.mode === 'training';
}

/**
 * Throws for an option that does not exist, and suggests a similar one that does:
 *
 *     Conv2D: unknown option strides; did you mean stride?
 *
 * It also throws if the options are not an object: `new Dropout(0.3)` would otherwise ignore 0.3
 * and use the default probability.
 */
export function checkOptions<Options extends object>(
  owner: object | string,
  options: Options,
  known: readonly (keyof Options & string)[],
): void {
  const place = typeof owner === 'string' ? owner : nameOf(owner);
  if (typeof options !== 'object' || (options as object | null) === null) {
    throw new BoxError(
      [place],
      `expected options in braces, such as { ${known[0]}: ... }, got ${show(options)}`,
    );
  }
  for (const name of Object.keys(options)) {
    if ((known as readonly string[]).includes(name)) continue;
    throw new BoxError([place], `unknown option ${name}${didYouMean(name, known)}`);
  }
}

/** Throws if an input is not a float tensor with at least `minRank` axes of any size. */
export function checkInput(box: object, tensor: Tensor, minRank = 1): void {
  if (tensor instanceof Tensor) checkRank(box, tensor.shape, minRank);
  checkTensor(box, 'forward', 'input', tensor, tensor instanceof Tensor ? tensor.shape : []);
}

/**
 * Throws if an input shape has fewer than `minRank` axes. `forward` calls `checkInput`, and `facts`
 * calls this function.
 */
export function checkRank(box: object, shape: readonly number[], minRank = 1): void {
  if (shape.length >= minRank) {
    checkNotEmpty(box, 'forward', 'input', shape);
    return;
  }
  throw new BoxError(
    [`${nameOf(box)}.forward`],
    `expected input of rank ${minRank} or more, got shape [${shape.join(', ')}]`,
  );
}

/**
 * Throws an error that names a backward method if a gradOutput does not have the shape of the
 * output.
 */
export function checkGradOutput(
  box: object,
  method: 'backpropToInput' | 'backpropToParams' | 'backprop' | 'project',
  gradOutput: Tensor,
  outputShape: readonly number[],
): void {
  checkTensor(box, method, 'gradOutput', gradOutput, outputShape);
}

/** Throws if a size is not an integer of at least `least`. `what` is the name of the argument. */
export function checkSize(box: object, what: string, size: number, least = 1): void {
  if (!Number.isSafeInteger(size) || size < least) {
    throw new BoxError(
      [nameOf(box)],
      `expected ${what} to be an integer of at least ${least}, got ${show(size)}`,
    );
  }
}

/** Throws if an option is not one of the choices. */
export function checkChoice<T>(box: object, what: string, choice: T, choices: readonly T[]): void {
  if (!choices.includes(choice)) {
    const names = choices.map(show).join(', ');
    throw new BoxError(
      [nameOf(box)],
      `expected ${what} to be one of ${names}, got ${show(choice)}`,
    );
  }
}

/** Throws if a number is not finite or is less than `least`. */
export function checkNumber(box: object, what: string, value: number, least = -Infinity): void {
  if (!Number.isFinite(value) || value < least) {
    const bound = least === -Infinity ? 'a finite number' : `a number of at least ${least}`;
    throw new BoxError([nameOf(box)], `expected ${what} to be ${bound}, got ${show(value)}`);
  }
}

/** Throws if a number is not finite or not above 0. */
export function checkPositive(box: object, what: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new BoxError(
      [nameOf(box)],
      `expected ${what} to be a number above 0, got ${show(value)}`,
    );
  }
}

/**
 * Throws if a number is not positive and finite in single precision, which most backends use: an
 * eps of 1e-50 would be 0 there.
 */
export function checkPositiveFloat(box: object, what: string, value: number): void {
  checkPositive(box, what, value);
  if (isPositiveFloat(value)) return;
  throw new BoxError(
    [nameOf(box)],
    `expected ${what} to be a number ${FLOAT_RANGE}, got ${show(value)}`,
  );
}

/** Describes the positive numbers of single precision, for messages. */
export const FLOAT_RANGE = 'from 1.5e-45 to 3.4e38, because single precision has no other';

/** Returns whether a number is positive and finite in single precision. */
export function isPositiveFloat(value: number): boolean {
  const single = Math.fround(value);
  return single > 0 && single < Infinity;
}

/** Throws if a number is not in [0, 1), which excludes 1. */
export function checkShare(box: object, what: string, value: number): void {
  // A comparison alone would accept the string '0.5'.
  if (Number.isFinite(value) && value >= 0 && value < 1) return;
  throw new BoxError(
    [nameOf(box)],
    `expected ${what} to be a number from 0 to below 1, got ${show(value)}`,
  );
}

/**
 * Throws if a label is neither a class nor `ignoreIndex`. The message states the label's index in
 * the batch.
 */
export function checkLabels(
  cost: object,
  labels: ArrayLike<number>,
  classes: number,
  ignoreIndex?: number,
): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (!(label >= 0 && label < classes) && label !== ignoreIndex) {
      const outside = ignoreIndex !== undefined && !(ignoreIndex >= 0 && ignoreIndex < classes);
      throw new BoxError(
        [`${nameOf(cost)}.forward`],
        `expected labels from 0 to ${classes - 1}${outside ? ` or ${ignoreIndex}` : ''}, got ${label} at index ${i}`,
      );
    }
  }
}

/** Throws if a target probability is negative, not finite, or larger than `most`. */
export function checkProbabilities(
  cost: object,
  probabilities: ArrayLike<number>,
  most = Infinity,
): void {
  for (let i = 0; i < probabilities.length; i++) {
    const probability = probabilities[i];
    if (!(probability >= 0 && probability <= most && probability < Infinity)) {
      const range = most === Infinity ? 'of at least 0' : `from 0 to ${most}`;
      throw new BoxError(
        [`${nameOf(cost)}.forward`],
        `expected target probabilities ${range}, got ${probability} at index ${i}`,
      );
    }
  }
}

/**
 * Throws if an input is not a float tensor, or if its last axes are not `trailing`. There must be
 * at least `positions` axes between the batch and these last axes.
 */
export function checkTrailingShape(
  box: object,
  input: Tensor,
  trailing: readonly number[],
  positions = 0,
): void {
  if (input instanceof Tensor) checkTrailingAxes(box, input.shape, trailing, positions);
  checkInput(box, input);
}

/**
 * Checks the shape of an input as `checkTrailingShape` does. It is for `facts`, which has no
 * tensor.
 */
export function checkTrailingAxes(
  box: object,
  shape: readonly number[],
  trailing: readonly number[],
  positions = 0,
): void {
  const fits =
    shape.length >= 1 + positions + trailing.length &&
    trailing.every((size, axis) => size === shape.at(axis - trailing.length));
  if (fits) {
    checkNotEmpty(box, 'forward', 'input', shape);
    return;
  }
  const between = positions > 0 ? 'positions, ..., ' : '..., ';
  throw new BoxError(
    [`${nameOf(box)}.forward`],
    `expected input of shape [N, ${between}${trailing.join(', ')}], got [${shape.join(', ')}]`,
  );
}

/** Which axes must be equal in the inputs of a box that merges several tensors. */
export type CommonAxes = 'all' | 'all but the last';

/**
 * Throws if the inputs of a box that merges several tensors are not float tensors of the same
 * shape.
 */
export function checkSameShape(
  box: object,
  inputs: readonly Tensor[],
  common: CommonAxes = 'all',
): void {
  checkList(box, inputs);
  for (const input of inputs) checkInput(box, input, common === 'all' ? 0 : 1);
  checkSameAxes(
    box,
    inputs.map(({ shape }) => shape),
    common,
  );
}

/**
 * Checks the shapes of the inputs as `checkSameShape` does. It is for `facts`, which has no
 * tensors.
 */
export function checkSameAxes(
  box: object,
  shapes: readonly (readonly number[])[],
  common: CommonAxes = 'all',
): void {
  checkList(box, shapes);
  for (const shape of shapes) checkRank(box, shape, common === 'all' ? 0 : 1);
  const compared = (shape: readonly number[]) =>
    [shape.length, ...(common === 'all' ? shape : shape.slice(0, -1))].join();
  if (shapes.every((shape) => compared(shape) === compared(shapes[0]))) return;
  throw new BoxError(
    [`${nameOf(box)}.forward`],
    `expected inputs of one shape${common === 'all' ? '' : ' but for the last axis'}, got ${shapes
      .map((shape) => `[${shape.join(', ')}]`)
      .join(' and ')}`,
  );
}

/** Throws if the inputs of a box that merges several tensors are not a list of one or more. */
export function checkList(box: object, inputs: readonly unknown[]): void {
  if (Array.isArray(inputs) && inputs.length > 0) return;
  throw new BoxError([`${nameOf(box)}.forward`], `expected a list of tensors, got ${show(inputs)}`);
}
