import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, nameOf } from '../lib/check.ts';
import { constant } from '../lib/constant.ts';
import { InputError, messageOf, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import { argumentOf } from '../lib/runBox.ts';
import { numElements } from '../lib/shapes.ts';
import type { CheckedModule } from './case.ts';
import { drawGradOutput, OTHER_ROUTE } from './checkCase.ts';
import { checkPlace, placesOf, type Place } from './checkPlace.ts';
import { checkBackprop, checkShapes } from './contract.ts';
import { checkDirections, type Point } from './direction.ts';
import type { GradcheckOptions, GradcheckReport } from './gradcheck.ts';
import { inputList, readInput } from './input.ts';
import { onFloat64 } from './onFloat64.ts';
import { failure, type Result } from './result.ts';
import { GradcheckTarget } from './target.ts';

/** The options of `gradcheckNetwork`. */
export interface GradcheckNetworkOptions extends Pick<GradcheckOptions, 'input' | 'seed'> {
  /** The number of random directions for each check along directions; 2 by default. */
  readonly directions?: number;
  /**
   * The number of multiply-adds that the checks of the boxes may take, about; 1e9 by default. Boxes
   * that would need more are checked along directions and at a sample of their coordinates.
   */
  readonly budget?: number;
  /** This function is called before each box is checked, with its path and class. */
  readonly onBox?: (name: string) => void;
}

/**
 * Checks the gradients of a network in inference, in double precision. First each box is checked at
 * the place where it stands: with its own parameters, and with inputs near those that it gets when
 * the network runs. A small box is checked as `gradcheck` does; of a large one, a sample of the
 * coordinates, and the whole gradient along random directions. Then the network as a whole is
 * checked along random directions of its inputs and of all its parameters.
 *
 * The names of the results are the paths and classes of the boxes, such as `features.2 > Conv2D`. A
 * result that passes with a message says why a gradient could not be compared: a unit that is off
 * has none.
 *
 * Errors: those of a forward pass for this input; directions that are not an integer of at least 1.
 *
 *     const network = await loadOnnx('net.onnx');
 *     const { pass } = await gradcheckNetwork(network, { input: [2, ...network.inputShapes[0]] });
 */
export async function gradcheckNetwork(
  network: AnyModule,
  options: GradcheckNetworkOptions,
): Promise<GradcheckReport> {
  checkOptions('gradcheckNetwork', options, ['input', 'seed', 'directions', 'budget', 'onBox']);
  const { input, seed = 0, directions = 2, budget = 1e9, onBox } = options;
  if (!(Number.isSafeInteger(directions) && directions >= 1)) {
    throw new InputError(
      `gradcheckNetwork: expected directions to be an integer of at least 1, got ${show(directions)}`,
    );
  }
  const inputs = await Promise.all(inputList(input).map(readInput));
  const box = network as CheckedModule;
  const results = await onFloat64(box, () => {
    const rng = new Rng(seed);
    const tensors = inputs.map(({ shape, values }) =>
      constant(values ?? rng.normals(numElements(shape)), shape),
    );
    let places: readonly Place[] = [];
    try {
      const route = placesOf(network, tensors);
      places = route.places;
      return [
        ...checkPlaces(places, budget, directions, rng, onBox),
        ...checkWhole(box, tensors, route, budget, directions, rng),
      ];
    } finally {
      disposeTensors([places.map((place) => place.inputs), tensors]);
    }
  });
  return { pass: results.every(({ pass }) => pass), backend: 'float64', seed, results };
}

/** Checks each box at its place. A box that runs twice is checked twice. */
function checkPlaces(
  places: readonly Place[],
  budget: number,
  directions: number,
  rng: Rng,
  onBox?: (name: string) => void,
): Result[] {
  const visits = new Map<string, number>();
  return places.flatMap((place) => {
    const { name, inputs } = place;
    onBox?.(name);
    const visit = (visits.get(name) ?? 0) + 1;
    visits.set(name, visit);
    const shapes = inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ');
    const config = `${name} on ${shapes}${visit > 1 ? ` #${visit}` : ''}`;
    return checkPlace(place, config, budget / places.length, directions, rng);
  });
}

/**
 * Checks that a network passes the gradients on between its boxes: along random directions of each
 * input, and of all parameters at once. If the latter is wrong, each parameter is checked, to name
 * one.
 */
function checkWhole(
  box: CheckedModule,
  inputs: readonly Tensor[],
  { places, outputs }: ReturnType<typeof placesOf>,
  budget: number,
  directions: number,
  rng: Rng,
): Result[] {
  const [name, config] = [`${nameOf(box)} as a whole`, ''];
  try {
    const target = new GradcheckTarget({ config, box, input: argumentOf(box, inputs) });
    const here = target.outputs();
    const gradOutput = drawGradOutput(rng, here);
    const gradients = target.gradients(gradOutput);
    const malformed = checkShapes(target, gradOutput, gradients);
    const work = places.reduce((sum, place) => sum + place.work, 0);
    const isRoute = outputs.every((value, i) => value === here[i]);
    const violations = [
      ...malformed,
      ...(isRoute ? [] : [OTHER_ROUTE]),
      // A training step runs another method, which takes about twelve forward passes to compare.
      ...(12 * work <= budget ? checkBackprop(target, gradients, gradOutput) : []),
    ];
    const failures = violations.map(({ tensor, message }) => ({
      ...failure(name, config, message),
      tensor,
    }));
    if (malformed.length > 0) return failures;
    const point: Point = { target, gradients, gradOutput, here };
    const isInput = (tensor: { name: string }) => tensor.name.startsWith('input');
    const params = target.tensors.filter((tensor) => !isInput(tensor));
    const check = (of: string, tensors: typeof params) => ({
      name,
      config,
      ...checkDirections(point, of, tensors, directions, rng),
    });
    const ofInputs = target.tensors.filter(isInput).map((one) => check(one.name, [one]));
    if (params.length === 0) return [...failures, ...ofInputs];
    const all = check('all parameters', params);
    const wrong = all.pass ? undefined : lastWrong(params, (one) => check(one.name, [one]));
    return [...failures, ...ofInputs, wrong ?? all];
  } catch (error) {
    return [failure(name, config, messageOf(error))];
  }
}

/**
 * Returns the last result that fails, because a mistake also changes the gradients before it.
 * Returns undefined if all pass.
 */
function lastWrong<T>(tensors: readonly T[], check: (tensor: T) => Result): Result | undefined {
  for (const tensor of [...tensors].reverse()) {
    const result = check(tensor);
    if (!result.pass) return result;
  }
  return undefined;
}
