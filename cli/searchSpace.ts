import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import { firstPoint } from '../search/points.ts';
import { checkDimension, checkSpace } from '../search/checkSpace.ts';
import {
  valueAtQuantile,
  type Dimension,
  type Point,
  type Space,
  type Value,
} from '../search/space.ts';
import { isModuleFile } from './moduleFile.ts';
import { readConfig } from './runConfig.ts';
import { absoluteNetwork, withAbsolutePaths } from './runFolder.ts';
import { runOptionsFrom, type RunOptions } from './trainOptions.ts';
import { augmentationsOf } from './trainParts.ts';

type Config = Readonly<Record<string, unknown>>;

/** The options of a run, some of which vary from trial to trial. */
export interface SearchSpace {
  /** The file from which the options were read. */
  readonly file: string;
  /** The fixed options, in the form of a file for `boxprop train --config`. */
  readonly base: Config;
  /** The dimensions that vary. Their names are the names of options, or `architecture.NAME`. */
  readonly space: Space;
}

/** Options that must be the same for all trials. */
const COMMON = ['data', 'label', 'header', 'shape', 'limit', 'seed', 'backend', 'threads', 'simd'];
/**
 * Options that cannot be used in a search, because folds replace them or because they concern files
 * that a fold does not write.
 */
const REFUSED = ['validationSplit', 'patience', 'checkpointSteps', 'report', 'from'];
const ARCHITECTURE = 'architecture.';

/**
 * Reads a search space. It is a file in the form that `boxprop train --config` reads, in which a
 * dimension may replace the value of any option and of any entry of `architecture`:
 *
 *     { "network": "net.ts", "epochs": 2,
 *       "learningRate": { "low": 0.001, "high": 0.1, "log": true },
 *       "architecture": { "units": { "low": 16, "high": 256, "log": true, "integer": true } } }
 *
 * Errors: those of `readConfig` and of the dimensions; options that a search cannot use; a bound or
 *         choice that `boxprop train` would not accept. All messages name the file.
 */
export async function readSpace(file: string): Promise<SearchSpace> {
  const config = await readConfig(file);
  const base: Record<string, unknown> = {};
  const space: Record<string, Dimension> = {};
  const add = (fixed: Record<string, unknown>, key: string, value: unknown, name: string) => {
    if (!isObject(value)) fixed[key] = value;
    else {
      checkDimension(name, value);
      space[name] = value;
    }
  };
  try {
    for (const [key, value] of Object.entries(config)) {
      if (REFUSED.includes(key)) {
        throw new InputError(
          `expected options of training only, because the folds are held out, got ${show(key)}`,
        );
      }
      if (COMMON.includes(key) && isObject(value)) {
        throw new InputError(`${key}: expected one value for all trials, got a dimension`);
      }
      if (key !== 'architecture' || !isObject(value)) add(base, key, value, key);
      else {
        const fixed: Record<string, unknown> = {};
        for (const [name, one] of Object.entries(value)) add(fixed, name, one, ARCHITECTURE + name);
        base.architecture = fixed;
      }
    }
    checkSpace(space);
  } catch (error) {
    throw error instanceof BoxpropError
      ? new InputError(`${file}: ${error.message}`, { cause: error })
      : error;
  }
  return checkSpaceValues({ file, base, space });
}

/** Throws if `boxprop train` would not accept a bound or a choice of a space. */
export function checkSpaceValues(space: SearchSpace): SearchSpace {
  for (const name of Object.keys(space.space)) checkValues(space, name);
  return space;
}

/** Returns the modules that a space names as networks, as absolute paths. */
export function modulesOf({ base, space }: Pick<SearchSpace, 'base' | 'space'>): string[] {
  const { network } = space;
  const choices = network !== undefined && 'choices' in network ? network.choices : [];
  return [base.network, ...choices]
    .filter((name) => typeof name === 'string')
    .filter(isModuleFile)
    .map(absoluteNetwork);
}

/** Makes the paths of a space absolute, so that its search can be resumed from any folder. */
export function withAbsoluteSpace<T extends SearchSpace>(plan: T): T {
  const { network } = plan.space;
  if (network === undefined || !('choices' in network))
    return { ...plan, base: withAbsolutePaths(plan.base) };
  const choices = network.choices.map((one) => {
    return typeof one === 'string' ? absoluteNetwork(one) : one;
  });
  const space = { ...plan.space, network: { choices } };
  return { ...plan, base: withAbsolutePaths(plan.base), space };
}

/**
 * Returns the fixed options together with the values at a point, as a config for
 * `boxprop train --config`.
 */
export function configOf({ base }: SearchSpace, point: Point): Config {
  const own = Object.entries(point);
  const architecture = own.flatMap(([name, value]) =>
    name.startsWith(ARCHITECTURE) ? [[name.slice(ARCHITECTURE.length), value] as const] : [],
  );
  const fixed = isObject(base.architecture) ? base.architecture : {};
  const merged = { ...fixed, ...Object.fromEntries(architecture) };
  return {
    ...base,
    ...Object.fromEntries(own.filter(([name]) => !name.startsWith(ARCHITECTURE))),
    ...(Object.keys(merged).length > 0 && { architecture: merged }),
  };
}

/**
 * Returns the options of a run at a point. Errors: those of `runOptionsFrom`; unknown
 * augmentations.
 */
export function runOptionsAt(space: SearchSpace, point: Point): RunOptions {
  const options = runOptionsFrom(space.file, configOf(space, point));
  augmentationsOf(options.augment ?? []);
  return options;
}

/**
 * Checks all choices of a dimension, or the bounds of a range and one value between them. All other
 * dimensions have their first values.
 */
function checkValues(space: SearchSpace, name: string): void {
  const dimension = space.space[name];
  const first = firstPoint(space.space);
  const check = (value: Value) => runOptionsAt(space, { ...first, [name]: value });
  if ('choices' in dimension) {
    dimension.choices.forEach(check);
    return;
  }
  for (const value of [dimension.low, dimension.high, Number(valueAtQuantile(dimension, 0.382))]) {
    try {
      check(value);
    } catch (error) {
      if (dimension.integer !== true && passes(() => check(Math.max(1, Math.round(value))))) {
        throw new InputError(
          `${space.file}: ${name}: expected "integer": true, because it takes whole numbers only`,
          { cause: error },
        );
      }
      throw error;
    }
  }
}

function passes(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof BoxpropError) return false;
    throw error;
  }
}
