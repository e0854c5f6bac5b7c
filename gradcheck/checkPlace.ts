import { keep, type Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../lib/check.ts';
import { constant } from '../lib/constant.ts';
import { messageOf, withPath } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import type { Rng } from '../lib/rng.ts';
import { argumentOf, inferBox } from '../lib/runBox.ts';
import { numElements } from '../lib/shapes.ts';
import type { Case, CheckedModule } from './case.ts';
import { checkCase, describeDifference, drawGradOutput } from './checkCase.ts';
import { probeCoordinate } from './compareGradient.ts';
import { checkContract, checkShapes, type Violation } from './contract.ts';
import { checkDirections, type Point } from './direction.ts';
import { failure, type Result } from './result.ts';
import { concatValues, GradcheckTarget, type CheckedTensor } from './target.ts';

/** A box as it stands in a network. */
export interface Place {
  /** The path and the class of the box, such as `features.2 > Conv2D`. */
  readonly name: string;
  readonly box: AnyModule;
  /** The values of the inputs when the network runs. */
  readonly inputs: readonly Tensor[];
  /** The estimated number of multiply-adds of a forward pass. */
  readonly work: number;
}

/** An operation of the backend takes at least as long as this many multiply-adds. */
const LEAST_WORK = 20_000;

/**
 * Runs a network along its route and returns its boxes in their order, and the outputs. The caller
 * disposes the inputs of the boxes.
 */
export function placesOf(
  network: AnyModule,
  inputs: readonly Tensor[],
): { readonly places: readonly Place[]; readonly outputs: Float64Array } {
  const places: Place[] = [];
  const visit = (box: AnyModule, given: readonly Tensor[], path: string) => {
    const output = withPath(path, () => inferBox(box, given));
    const { multiplyAdds = 0 } = box.facts(given.map(({ shape }) => shape));
    const elements = [...given, output].reduce((sum, { size }) => sum + size, 0);
    places.push({
      name: path === '' ? nameOf(box) : `${path} > ${nameOf(box)}`,
      box,
      inputs: given.map((tensor) => keep(tensor.clone())),
      work: Math.max(multiplyAdds * (output.shape[0] ?? 1) + elements, LEAST_WORK),
    });
    return output;
  };
  try {
    const outputs = tidy(() => concatValues(propagate<Tensor>(network, inputs, visit)));
    return { places, outputs };
  } catch (error) {
    disposeTensors(places.map((place) => place.inputs));
    throw error;
  }
}

/** The check of the contract of a box takes about as long as this many forward passes. */
const CONTRACT = 60;
/** The largest number of derivatives for which every coordinate is checked. */
const MOST_DERIVATIVES = 4e6;
/** The largest number of coordinates of a tensor that are checked in a large box. */
const SAMPLE = 20;

/**
 * Checks a box at the values that it gets in a network. If its work is small, it is checked as a
 * random case is: its contract and every coordinate. Of a larger box, a random sample of
 * coordinates is compared, and the whole gradient along random directions.
 *
 * @param budget the number of multiply-adds that the check may take, about.
 * @param directions the number of directions per tensor.
 */
export function checkPlace(
  { name, box, inputs, work }: Place,
  config: string,
  budget: number,
  directions: number,
  rng: Rng,
): Result[] {
  const moved = inputs.map((input) => offKinks(input, rng));
  const params = Object.values(box.params).map((param) => [param, param.clone()] as const);
  const checked = box as CheckedModule;
  const item: Case = { config, box: checked, input: argumentOf(box, moved) };
  try {
    const forwards = budget / work;
    const tensors = [...moved, ...Object.values(box.params)];
    const coordinates = tensors.reduce((sum, { size }) => sum + size, 0);
    const isSmall = 2 * coordinates + CONTRACT <= forwards;
    if (isSmall && coordinates * outputSize(box, moved) <= MOST_DERIVATIVES)
      return checkCase(name, item, rng, false);
    const left = Math.floor((forwards - CONTRACT) / (2 * Math.max(tensors.length, 1)));
    const sample = Math.min(Math.max(left, 0), SAMPLE);
    const own = checkSample(item, sample, directions, forwards >= CONTRACT, rng);
    return own.map((result) => ({ name, config, ...result }));
  } catch (error) {
    return [failure(name, config, messageOf(error))];
  } finally {
    params.forEach(([param, value]) => param.assign(value));
    disposeTensors([params.map(([, value]) => value), moved]);
  }
}

function outputSize(box: AnyModule, inputs: readonly Tensor[]): number {
  return tidy(() => numElements(inferBox(box, inputs).shape));
}

/**
 * Returns values near those of an input, but not at a kink: after a ReLU many values are 0, and a
 * max pool of equal values has no derivative. A value keeps its sign but is not close to 0, and 0
 * becomes positive, as a root or a logarithm needs it.
 */
function offKinks(input: Tensor, rng: Rng): Tensor {
  const values = Float64Array.from(input.dataSync());
  const square = values.reduce((sum, value) => sum + value * value, 0);
  const scale = Math.sqrt(square / values.length) || 1;
  // A step along a direction changes each value by up to 1e-5 of the scale, so among a million
  // units of a ReLU some would be turned on or off.
  const least = 1e-3 * scale;
  const moved = values.map((value) => {
    if (value === 0) return 0.1 * scale * (0.1 + rng.uniform());
    const near = value * (0.9 + 0.2 * rng.uniform());
    return Math.abs(near) < least ? Math.sign(near) * least * (1 + rng.uniform()) : near;
  });
  return constant(moved, input.shape);
}

/** Checks each gradient at a random sample of its coordinates, and along random directions. */
function checkSample(
  item: Case,
  sample: number,
  directions: number,
  withContract: boolean,
  rng: Rng,
): Omit<Result, 'name' | 'config'>[] {
  const target = new GradcheckTarget(item);
  const here = target.outputs();
  const gradOutput = drawGradOutput(rng, here);
  const gradients = target.gradients(gradOutput);
  const malformed = checkShapes(target, gradOutput, gradients);
  const broken =
    malformed.length > 0 || !withContract ? malformed : checkContract(target, gradOutput, rng);
  const point: Point = { target, here, gradOutput, gradients };
  // The tensors of a very large box are changed together at first, which takes fewer passes.
  const together =
    sample === 0 ? checkDirections(point, '', target.tensors, directions, rng) : undefined;
  const of = (name: string) => broken.find(({ tensor }) => tensor === name);
  const results = target.tensors.map((tensor) => {
    const violation = of(tensor.name);
    if (violation !== undefined) return contractFailure(violation);
    const { name } = tensor;
    const isProven = together?.pass === true && together.message === undefined;
    return isProven ? { ...together, tensor: name } : checkTensor(point, tensor, sample, directions, rng); // prettier-ignore
  });
  const known = new Set(target.tensors.map(({ name }) => name));
  const others = broken.filter(({ tensor }) => !known.has(tensor)).map(contractFailure);
  const output = { tensor: 'output', checked: here.length, skipped: 0, maxError: 0, pass: true };
  return of('output') === undefined ? [output, ...others, ...results] : [...others, ...results];
}

function contractFailure({ tensor, message }: Violation): Omit<Result, 'name' | 'config'> {
  return { tensor, checked: 0, skipped: 0, maxError: 0, pass: false, message };
}

function checkTensor(
  point: Point,
  tensor: CheckedTensor,
  sample: number,
  directions: number,
  rng: Rng,
): Omit<Result, 'name' | 'config'> {
  const { target, gradients, gradOutput, here } = point;
  const { name, values } = tensor;
  const whole = checkDirections(point, name, [tensor], directions, rng);
  let { checked, skipped, maxError } = whole;
  if (!whole.pass) return whole;
  for (let k = 0; k < sample; k++) {
    const index = rng.integer(values.length);
    const analytic = gradients[name].values[index];
    const probe = probeCoordinate(target, tensor, index, analytic, gradOutput, here);
    if (probe.kind === 'kink') {
      skipped++;
      continue;
    }
    checked++;
    maxError = Math.max(maxError, probe.error);
    if (probe.kind === 'right') continue;
    const message = describeDifference(tensor, { index, analytic, ...probe });
    return { tensor: name, checked, skipped, maxError, pass: false, message };
  }
  return { ...whole, checked, skipped, maxError };
}
