import { Cost } from '../../lib/cost.ts';
import { InputError } from '../../lib/errors.ts';
import { tidy } from '../../lib/memory.ts';
import type { AnyModule, Context } from '../../lib/module.ts';
import { argumentOf } from '../../lib/runBox.ts';
import { Rng } from '../../lib/rng.ts';
import { numElements } from '../../lib/shapes.ts';
import { exampleOf, type BoxCall, type BoxExample } from './boxes.ts';
import { breakBox } from './broken.ts';
import { exampleGradient, exampleLabels, exampleValues } from './exampleValues.ts';
import { makeBox } from './makeBox.ts';
import { Microscope, tensorsOf } from './microscope.ts';
import type { Mistake } from './mistakes.ts';
import type { Ref } from './refs.ts';
import { toTensor, type Value } from './values.ts';

/**
 * One exported box or cost, with an input that the reader has chosen. For a property that is left
 * out, the value of the box's example is used.
 */
export interface BoxSubject {
  readonly kind: 'box';
  readonly name: string;
  readonly call?: BoxCall;
  /** The shape of each input. */
  readonly shapes?: readonly (readonly number[])[];
  /** Whether the forward pass runs in training mode. */
  readonly training?: boolean;
  readonly mistake?: Mistake;
  /** The numbers that the reader has changed. */
  readonly edits?: Edits;
}

/** Numbers that the reader has changed. */
export type Edits = readonly (readonly [ref: Ref, value: number])[];

/** The number of elements of the largest tensor with which the page computes. */
const MOST_ELEMENTS = 4096;

/**
 * Opens a microscope over one box or cost.
 *
 * Errors: those of the box; an unknown name; a tensor of more than 4096 elements.
 */
export function openBox(subject: BoxSubject): Microscope {
  const { name, mistake, edits = [] } = subject;
  const example = exampleOf(name);
  if (example === undefined) {
    throw new InputError(`expected the name of a box, got ${name}; choose one from the list`);
  }
  const box = makeBox(name, example, subject.call ?? callOf(example));
  try {
    if (mistake !== undefined) breakBox(box, mistake);
    const microscope = box instanceof Cost ? ofCost(box, example, subject) : ofBox(box, example, subject); // prettier-ignore
    writeAll(microscope, edits);
    microscope.snapshot();
    return microscope;
  } catch (error) {
    if (!(box instanceof Cost)) box.dispose();
    throw error;
  }
}

/** The arguments with which the page opens a box. */
function callOf({ args, options = {} }: BoxExample): BoxCall {
  return { args, options };
}

function ofBox(box: AnyModule, example: BoxExample, { shapes, training }: BoxSubject): Microscope {
  const input = (shapes ?? example.shapes).map((shape, i) =>
    exampleValues(checked(shape), i + 1, example.positive, 0.03 * i),
  );
  const context: Context | undefined = training ? { mode: 'training', rng: new Rng(5) } : undefined;
  const inputShapes = input.map(({ shape }) => shape);
  checked(box.facts(inputShapes).outputShape ?? [1]);
  const output = tidy(() =>
    tensorsOf(
      box.infer(argumentOf(box, input.map(toTensor)), context && { ...context, rng: new Rng(5) }),
    ).map(({ shape }) => shape),
  );
  return new Microscope({
    boxes: [box],
    input,
    gradOutput: exampleGradient(checked(output[0]), 9),
    ...(context && { context }),
  });
}

function ofCost(cost: Cost, example: BoxExample, { shapes }: BoxSubject): Microscope {
  const shape = checked((shapes ?? example.shapes)[0]);
  const labels = example.labels ?? false;
  const target = labels ? exampleLabels(shape[0], shape[1] ?? 1, 2) : targetValues(shape);
  const input = [exampleValues(shape, 1)];
  return new Microscope({ boxes: [], input, cost: { cost, target, labels } });
}

/** Makes targets between 0 and 1, which every cost accepts. None of them equals an input. */
function targetValues(shape: readonly number[]): Value {
  const { values } = exampleValues(shape, 2, true);
  return { shape, values: values.map((value) => Number((value / 10).toFixed(3))) };
}

function checked(shape: readonly number[]): readonly number[] {
  const whole = shape.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (whole && numElements(shape) <= MOST_ELEMENTS) return shape;
  throw new InputError(
    `expected a shape of whole numbers from 1, with at most ${MOST_ELEMENTS} elements, got [${shape.join(', ')}]`,
  );
}

/**
 * Sets the numbers that the address contains. A number that does not exist in this chain is
 * ignored.
 */
export function writeAll(microscope: Microscope, edits: Edits): void {
  for (const [ref, value] of edits) writeExisting(microscope, ref, value);
}

function writeExisting(microscope: Microscope, ref: Ref, value: number): void {
  try {
    if (microscope.read(ref) === undefined) throw new InputError('no such number');
  } catch {
    return;
  }
  microscope.write(ref, value);
}
