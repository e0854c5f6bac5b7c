import { mul, square } from '@tensorflow/tfjs-core';
import { scalar } from '../../lib/constant.ts';
import { Cost } from '../../lib/cost.ts';
import { InputError } from '../../lib/errors.ts';
import { Module, type AnyModule } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { assign } from '../../gradcheck/target.ts';
import * as losses from '../../losses/index.ts';
import * as modules from '../../modules/index.ts';
import type { Argument, BoxCall, BoxExample } from './boxes.ts';
import { CONTAINERS } from './containers.ts';
import { exampleValues } from './exampleValues.ts';
import { toValue } from './values.ts';

const CLASSES: Readonly<Record<string, unknown>> = { ...modules, ...losses };

/**
 * The largest size that the page accepts. With larger sizes, the worker would compute for minutes.
 */
const MOST = 300;

/**
 * Makes the box or cost of this name with these arguments. Random weights are rounded to two
 * decimals, so that a reader can follow the computation by hand.
 *
 * Errors: those of the constructor; a name that does not exist; a number above 300.
 */
export function makeBox(name: string, example: BoxExample, call: BoxCall): AnyModule | Cost {
  const rng = new Rng(3);
  const { args, options } = call;
  checkSizes(name, [...args, ...Object.values(options)]);
  if (Object.hasOwn(CONTAINERS, name)) return rounded(CONTAINERS[name](rng, options));
  const Class = CLASSES[name];
  if (typeof Class !== 'function') throw new InputError(`expected the name of a box, got ${name}`);
  // A form cannot ask for the two functions of a Pointwise, so the page uses x².
  const functions =
    name === 'Pointwise' ? [square, (x: Parameters<typeof square>[0]) => mul(x, scalar(2))] : [];
  const all = { ...options, ...(example.seeded && { rng }) };
  const last = Object.keys(all).length > 0 ? [all] : [];
  const box: unknown = Reflect.construct(Class, [...args, ...functions, ...last]);
  if (box instanceof Cost) return box;
  if (!(box instanceof Module)) throw new InputError(`expected the name of a box, got ${name}`);
  return example.seeded ? rounded(box as AnyModule, example.positive) : (box as AnyModule);
}

/**
 * Rounds the weights. The initial weights of the neocognitron's cells would be rounded to 0, so
 * these cells get other weights.
 */
function rounded(box: AnyModule, positive = false): AnyModule {
  for (const param of Object.values(box.params)) {
    const { values } = positive ? exampleValues(param.shape, 3, true) : toValue(param);
    assign(
      param,
      values.map((value) => Number(value.toFixed(2))),
    );
  }
  return box;
}

function checkSizes(name: string, args: readonly Argument[]): void {
  for (const arg of args) {
    if (typeof arg === 'object') checkSizes(name, arg);
    else if (typeof arg === 'number' && arg > MOST) {
      throw new InputError(`${name}: expected numbers of at most ${MOST} on this page, got ${arg}`);
    }
  }
}
