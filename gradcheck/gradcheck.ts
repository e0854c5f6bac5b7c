import type { Tensor } from '@tensorflow/tfjs-core';
import { withFloat64 } from '../lib/backend/float64/withFloat64.ts';
import type { BackendName } from '../lib/backend/useBackend.ts';
import { checkOptions } from '../lib/check.ts';
import { constant } from '../lib/constant.ts';
import { Container } from '../lib/container.ts';
import { Cost } from '../lib/cost.ts';
import { didYouMean } from '../lib/didYouMean.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import { Module, type Context } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import { argumentOf } from '../lib/runBox.ts';
import {
  disposeCase,
  Draw,
  type CaseMaker,
  type Cases,
  type CheckedModule,
  type Input,
} from './case.ts';
import { checkCase } from './checkCase.ts';
import { describeCaseLeak, liveMemory } from './leaks.ts';
import { inputList, readInput, type GradcheckInput } from './input.ts';
import { onFloat64 } from './onFloat64.ts';
import { checkParity } from './parity.ts';
import { failure, type Result } from './result.ts';

/** The outcome of a gradient check. */
export interface GradcheckReport {
  /** Whether every result passes. */
  readonly pass: boolean;
  readonly backend: BackendName;
  readonly seed: number;
  readonly results: readonly Result[];
}

/** The options of `gradcheck`. */
export interface GradcheckOptions {
  /**
   * The input itself, or the shape of a random input. For a box that takes a list, this is a list
   * of inputs or shapes.
   */
  readonly input: GradcheckInput | readonly GradcheckInput[];
  /** The target of a cost. */
  readonly target?: Tensor;
  /** The context of the forward pass; inference by default. */
  readonly context?: Context;
  /** The seed of all random values; 0 by default. */
  readonly seed?: number;
}

/**
 * Checks one box or cost at one input, in double precision. It compares every coordinate of every
 * gradient with a central difference, and checks the contract that every box must fulfil. Resolves
 * to a report. `report.pass` is true if no check fails; otherwise the `message` of a result
 * describes a problem.
 *
 * The box may be on any backend. Its parameters are copied to the backend float64 for the check,
 * and restored afterwards.
 *
 *     const box = new Linear(3, 2, { rng: new Rng(0) });
 *     const { pass, results } = await gradcheck(box, { input: [4, 3] });
 */
export async function gradcheck(
  box: CheckedModule | Cost,
  options: GradcheckOptions,
): Promise<GradcheckReport> {
  checkOptions('gradcheck', options, ['input', 'target', 'context', 'seed']);
  const { input, target, context, seed = 0 } = options;
  const inputs = await Promise.all(inputList(input).map(readInput));
  const shapes = inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ');
  const results = await onFloat64(box, () => {
    const rng = new Rng(seed);
    const draw = new Draw(rng);
    const tensors = inputs.map(({ shape, values }) =>
      values === undefined ? draw.wellSeparated(shape) : constant(values, shape),
    );
    const item = {
      config: `on ${shapes}`,
      box,
      input: box instanceof Cost ? tensors[0] : (argumentOf(box, tensors) as Input),
      ...(target && { target }),
      ...(context && { context }),
    };
    const checked = checkCase(box.constructor.name, item, rng);
    disposeTensors(tensors);
    return checked;
  });
  return { pass: results.every(({ pass }) => pass), backend: 'float64', seed, results };
}

/** The options of `gradcheckAll`. */
export interface GradcheckAllOptions {
  /** The boxes to check; all by default. */
  readonly names?: readonly string[];
  /** The number of random cases per box; 20 by default. */
  readonly cases?: number;
  /** The seed of the cases; 0 by default. */
  readonly seed?: number;
  /**
   * The backend. `float64`, the default, checks the mathematics; any other backend is compared with
   * float64.
   */
  readonly backend?: BackendName;
  /** This function is called before each box is checked. */
  readonly onBox?: (name: string) => void;
}

/**
 * Checks every exported box and cost over random cases. On float64 it checks the mathematics, as
 * `gradcheck` does. On another backend it checks that the kernels give the values of float64, up to
 * a relative error of 1e-5, and leak no tensor. A box without cases fails.
 *
 *     const report = await gradcheckAll(modules, cases, { names: ['Conv2D'], backend: 'wasm' });
 *     if (!report.pass) throw new Error(report.results.find(({ pass }) => !pass)?.message);
 *
 * @param exported the exports of a module, which include the classes of boxes and costs.
 */
export async function gradcheckAll(
  exported: Readonly<Record<string, unknown>>,
  cases: Cases,
  options: GradcheckAllOptions = {},
): Promise<GradcheckReport> {
  checkOptions('gradcheckAll', options, ['names', 'cases', 'seed', 'backend', 'onBox']);
  const { names, cases: count = 20, seed = 0, backend = 'float64', onBox } = options;
  const boxes = boxNames(exported);
  const unknown = (names ?? []).find((name) => !boxes.includes(name));
  if (unknown !== undefined)
    throw new InputError(`unknown box or cost ${show(unknown)}${didYouMean(unknown, boxes)}`);
  const results: Result[] = [];
  for (const name of names?.length ? names : boxes) {
    onBox?.(name);
    if (!Object.hasOwn(cases, name)) {
      results.push(failure(name, '', 'is exported and has no gradient-check case'));
      continue;
    }
    for (let i = 0; i < count; i++) {
      const numbered: CaseMaker = (draw) => {
        const item = cases[name](draw);
        return { ...item, config: `${item.config} #${i}` };
      };
      const rng = caseGenerator(seed, name, i);
      results.push(
        ...(backend === 'float64'
          ? await withFloat64(() => drawAndCheck(name, numbered, rng))
          : await checkParity(name, numbered, rng, backend)),
      );
    }
  }
  return { pass: results.every(({ pass }) => pass), backend, seed, results };
}

/**
 * Returns the names of the box and cost classes among the exports of a module, without base
 * classes.
 */
export function boxNames(exported: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(exported).filter((name) => {
    const value = exported[name];
    return (
      typeof value === 'function' &&
      value !== Container &&
      (value.prototype instanceof Module || value.prototype instanceof Cost)
    );
  });
}

/**
 * Checks one case in double precision, and checks that no tensors remain after the case is
 * disposed.
 */
function drawAndCheck(name: string, make: CaseMaker, rng: Rng): Result[] {
  const before = liveMemory();
  const item = make(new Draw(rng));
  const results = checkCase(name, item, rng);
  disposeCase(item);
  const leak = describeCaseLeak(before);
  // If a check has failed, its message may already report the leak of a method.
  if (leak === undefined || results.some(({ pass }) => !pass)) return results;
  return [...results, failure(name, item.config, leak)];
}

/**
 * Makes the generator for a case. It depends only on the three arguments, so that a single case can
 * be repeated.
 */
function caseGenerator(seed: number, name: string, i: number): Rng {
  let rng = new Rng(seed);
  for (const letter of name) rng = rng.fold(letter.charCodeAt(0));
  return rng.fold(i);
}
