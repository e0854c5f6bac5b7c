import { BoxpropError, InputError, show } from '../lib/errors.ts';
import { isObject } from '../lib/isObject.ts';
import { firstPoint } from '../search/points.ts';
import { checkDimension, checkSpace } from '../search/checkSpace.ts';
import { valueAt, type Dimension, type Point, type Space, type Value } from '../search/space.ts';
import { applyOptions, readConfig } from './runConfig.ts';
import type { RunOptions } from './runOptions.ts';
import { trainCommand } from './train.ts';
import { augmentationsOf } from './trainParts.ts';

type Config = Readonly<Record<string, unknown>>;

/** What a search goes through: the options of a run, of which some vary. */
export interface SearchSpace {
  /** What the options were read from. */
  readonly file: string;
  /** As in a file of `boxprop train --config`. */
  readonly base: Config;
  /** By the names of options, and `architecture.NAME`. */
  readonly space: Space;
}

/** What all trials have in common. */
const COMMON = ['data', 'shape', 'limit', 'seed', 'backend', 'threads'];
/** What the folds take the place of, or what a fold does not write. */
const REFUSED = ['validation', 'patience', 'checkpointSteps', 'report'];
const ARCHITECTURE = 'architecture.';

/**
 * Reads a space: a file as `boxprop train --config` takes it, where the value of any option, and of any entry of
 * `architecture`, may be a dimension instead:
 *
 *   { "network": "net.ts", "epochs": 2,
 *     "rate": { "low": 0.001, "high": 0.1, "log": true },
 *     "architecture": { "units": { "low": 16, "high": 256, "log": true, "integer": true }, "kernelSize": { "choices": [3, 5] } } }
 *
 * Errors: those of `readConfig` and the dimensions, options that a search has no use for, and every bound or choice that
 *         `boxprop train` would refuse, with the file.
 */
export async function readSpace(file: string): Promise<SearchSpace> {
  const config = await readConfig(file);
  const base: Record<string, unknown> = {};
  const space: Record<string, Dimension> = {};
  const sort = (into: Record<string, unknown>, key: string, value: unknown, name: string) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) into[key] = value;
    else {
      checkDimension(name, value);
      space[name] = value;
    }
  };
  try {
    for (const [key, value] of Object.entries(config)) {
      if (REFUSED.includes(key)) {
        throw new InputError(
          `expected options of training alone, for the folds are what is held out, got ${show(key)}`,
        );
      }
      if (COMMON.includes(key) && typeof value === 'object' && !Array.isArray(value)) {
        throw new InputError(
          `${key}: expected one value for all trials, got ${JSON.stringify(value)}`,
        );
      }
      if (key !== 'architecture' || !isObject(value)) sort(base, key, value, key);
      else {
        const fixed: Record<string, unknown> = {};
        for (const [name, one] of Object.entries(value))
          sort(fixed, name, one, ARCHITECTURE + name);
        base.architecture = fixed;
      }
    }
    checkSpace(space);
  } catch (error) {
    throw error instanceof BoxpropError
      ? new InputError(`${file}: ${error.message}`, { cause: error })
      : error;
  }
  const read = { file, base, space };
  for (const name of Object.keys(space)) checkValues(read, name);
  return read;
}

/** The base with a point's values: what `boxprop train --config` would take. */
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

/** The options of a run at a point. */
export function runOptionsOf(space: SearchSpace, point: Point): RunOptions {
  const command = trainCommand();
  const network = applyOptions(command, space.file, configOf(space, point));
  if (network === undefined) throw new InputError(`${space.file}: expected a network, got none`);
  const options: RunOptions = { ...command.opts<Omit<RunOptions, 'network'>>(), network };
  augmentationsOf(options.augment ?? []);
  return options;
}

/** Tries the values of one dimension, or of a range its bounds and one between, with the first values of the others. */
function checkValues(space: SearchSpace, name: string): void {
  const dimension = space.space[name];
  const first = firstPoint(space.space);
  const attempt = (value: Value) => runOptionsOf(space, { ...first, [name]: value });
  if ('choices' in dimension) {
    dimension.choices.forEach(attempt);
    return;
  }
  for (const value of [dimension.low, dimension.high, Number(valueAt(dimension, 0.382))]) {
    try {
      attempt(value);
    } catch (error) {
      if (dimension.integer !== true && isFine(() => attempt(Math.max(1, Math.round(value))))) {
        throw new InputError(
          `${space.file}: ${name}: expected "integer": true, for it takes whole numbers alone`,
          { cause: error },
        );
      }
      throw error;
    }
  }
}

function isFine(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
