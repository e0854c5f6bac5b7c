import { Tensor, type Variable } from '@tensorflow/tfjs-core';
import { withBackend, type BackendName } from '../lib/backend/useBackend.ts';
import { Cost } from '../lib/cost.ts';
import { InputError } from '../lib/errors.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors } from '../lib/memory.ts';
import { Module, type Context } from '../lib/module.ts';
import { Rng } from '../lib/rng.ts';
import {
  disposeCase,
  Draw,
  type CheckedModule,
  type CheckedCost,
  type CaseMaker,
  type Cases,
} from './case.ts';
import { checkCase, type Result } from './checkCase.ts';
import { checkParity } from './parity.ts';

export interface Report {
  readonly pass: boolean;
  readonly backend: BackendName;
  readonly seed: number;
  readonly results: readonly Result[];
}

export interface GradcheckOptions {
  /** The shape of an input that is drawn at random, or values to check at. */
  readonly input: readonly number[] | Tensor;
  /** For a cost. */
  readonly target?: Tensor;
  readonly context?: Context;
  readonly seed?: number;
}

/**
 * Proves one box or cost at one input, in double precision: every coordinate of every gradient against a central
 * difference, and the contract that every box keeps. Resolves to a report; `report.pass` says whether all held, and
 * each result's `message` what did not.
 *
 * The box may live on any backend: its parameters are copied to the reference and put back as they were.
 */
export async function gradcheck(
  box: CheckedModule | CheckedCost,
  options: GradcheckOptions,
): Promise<Report> {
  const { input, target, context, seed = 0 } = options;
  const params: [Variable, Float64Array][] = [];
  if (!(box instanceof Cost)) {
    for (const param of [...Object.values(box.params), ...Object.values(box.buffers)]) {
      params.push([param, await numbers(param)]);
    }
  }
  const given = input instanceof Tensor ? await numbers(input) : undefined;
  const shape = input instanceof Tensor ? input.shape : [...input];
  const results = await withBackend('float64', () => {
    params.forEach(([param, values]) => put(param, values));
    const rng = new Rng(seed);
    const values =
      given === undefined ? new Draw(rng).wellSeparated(shape) : constant(given, shape);
    const item = {
      config: `on [${shape.join(', ')}]`,
      box,
      input: values,
      ...(target && { target }),
      ...(context && { context }),
    };
    const rows = checkCase(box.constructor.name, item, rng);
    values.dispose();
    return rows;
  });
  params.forEach(([param, values]) => put(param, values));
  return { pass: results.every(({ pass }) => pass), backend: 'float64', seed, results };
}

export interface GradcheckAllOptions {
  /** Which of the boxes; all by default. */
  readonly names?: readonly string[];
  /** Random cases a box. */
  readonly cases?: number;
  readonly seed?: number;
  readonly backend?: BackendName;
  /** Called before each box. */
  readonly onBox?: (name: string) => void;
}

/**
 * Proves every exported box and cost over random cases: on float64 the mathematics, on another backend that its
 * kernels compute what float64 does. A box without cases fails.
 *
 * @param exported what the modules export; classes of boxes and costs are found among it.
 */
export async function gradcheckAll(
  exported: Readonly<Record<string, unknown>>,
  cases: Cases,
  { names, cases: count = 20, seed = 0, backend = 'float64', onBox }: GradcheckAllOptions = {},
): Promise<Report> {
  const boxes = boxNames(exported);
  const unknown = (names ?? []).filter((name) => !boxes.includes(name));
  if (unknown.length > 0)
    throw new InputError(`expected names out of ${boxes.join(', ')}, got ${unknown.join(', ')}`);
  const results: Result[] = [];
  for (const name of names?.length ? names : boxes) {
    onBox?.(name);
    if (!Object.hasOwn(cases, name)) {
      const message = 'is exported and has no gradient-check case';
      results.push({
        name,
        config: '',
        quantity: 'output',
        checked: 0,
        skipped: 0,
        maxError: NaN,
        pass: false,
        message,
      });
      continue;
    }
    for (let i = 0; i < count; i++) {
      const numbered: CaseMaker = (draw) => {
        const item = cases[name](draw);
        return { ...item, config: `${item.config} #${i}` };
      };
      const rng = streamOf(seed, name, i);
      results.push(
        ...(backend === 'float64'
          ? await withBackend('float64', () => {
              const item = numbered(new Draw(rng));
              const rows = checkCase(name, item, rng);
              disposeCase(item);
              return rows;
            })
          : await checkParity(name, numbered, rng, backend)),
      );
    }
  }
  return { pass: results.every(({ pass }) => pass), backend, seed, results };
}

/** The names of the classes of boxes and costs among the exports of a module. */
export function boxNames(exported: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(exported).filter((name) => {
    const value = exported[name];
    return (
      typeof value === 'function' &&
      (value.prototype instanceof Module || value.prototype instanceof Cost)
    );
  });
}

/** The generator of case i of a box depends on nothing else that is checked, so one failure can be run again alone. */
function streamOf(seed: number, name: string, i: number): Rng {
  let rng = new Rng(seed);
  for (const letter of name) rng = rng.fold(letter.charCodeAt(0));
  return rng.fold(i);
}

async function numbers(tensor: Tensor): Promise<Float64Array> {
  return Float64Array.from(await tensor.data());
}

function put(param: Variable, values: ArrayLike<number>): void {
  const next = constant(values, param.shape);
  param.assign(next);
  disposeTensors(next);
}
