/** A value of a dimension. */
export type Value = string | number | boolean | readonly string[];

/** A dimension that consists of the numbers from `low` to `high`, including both. */
export interface RangeDimension {
  /** The smallest value. */
  readonly low: number;
  /** The largest value. */
  readonly high: number;
  /** Whether the scale is logarithmic; false by default. */
  readonly log?: boolean;
  /** Whether only integers are tried; false by default. */
  readonly integer?: boolean;
  /** The number of values in a grid, 3 by default. */
  readonly points?: number;
}

/**
 * A dimension that consists of a list of values. Numbers in ascending order form a scale; other
 * values have no order.
 */
export interface ChoiceDimension {
  /** The values. There must be at least two, and all must be different. */
  readonly choices: readonly Value[];
}

/** The values that an option may take in a search. */
export type Dimension = RangeDimension | ChoiceDimension;

/**
 * The options that a search varies, by name.
 *
 *     const space: Space = {
 *       learningRate: { low: 0.001, high: 0.1, log: true },
 *       'architecture.units': { choices: [50, 100, 200] },
 *     };
 */
export type Space = Readonly<Record<string, Dimension>>;

/** One value per dimension. */
export type Point = Readonly<Record<string, Value>>;

/** Returns whether two values are equal. */
export const sameValue = (a: Value, b: Value): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Returns whether the values of a dimension have no order. */
export function isCategorical(dimension: Dimension): boolean {
  if (!('choices' in dimension)) return false;
  const { choices } = dimension;
  return !choices.every(
    (value, i) => typeof value === 'number' && (i === 0 || value > Number(choices[i - 1])),
  );
}

/** Returns the number of values of a dimension, which is Infinity for a continuous range. */
export function cardinality(dimension: Dimension): number {
  if ('choices' in dimension) return dimension.choices.length;
  return dimension.integer === true ? dimension.high - dimension.low + 1 : Infinity;
}

/**
 * Returns the value at a quantile (0 ≤ quantile < 1) of the uniform distribution on the dimension's
 * scale. Every choice has the same probability, and so has every integer on a linear scale.
 */
export function valueAtQuantile(dimension: Dimension, quantile: number): Value {
  if ('choices' in dimension)
    return dimension.choices[Math.floor(quantile * dimension.choices.length)];
  const { low, high, integer } = dimension;
  const [start, end] = scaleOf(dimension);
  const scaled = start + quantile * (end - start);
  const value = dimension.log === true ? Math.exp(scaled) : scaled;
  return Math.min(
    high,
    Math.max(low, integer === true ? Math.round(value) : legible(value, low, high)),
  );
}

/**
 * Returns the coordinate that represents a value in a Gaussian process. It is the position on the
 * scale, from 0 to 1, or the number of the category.
 */
export function encodeValue(dimension: Dimension, value: Value): number {
  if ('choices' in dimension) {
    const index = dimension.choices.findIndex((choice) => sameValue(choice, value));
    return isCategorical(dimension) ? index : index / (dimension.choices.length - 1);
  }
  const [start, end] = scaleOf(dimension);
  return (
    ((dimension.log === true ? Math.log(Number(value)) : Number(value)) - start) / (end - start)
  );
}

/**
 * Returns the values for a grid: all choices, or `points` evenly spaced values on the scale from
 * low to high. Integers that repeat after rounding are left out.
 */
export function gridValues(dimension: Dimension): Value[] {
  if ('choices' in dimension) return [...dimension.choices];
  const { low, high, log = false, integer = false, points = 3 } = dimension;
  const values = Array.from({ length: points }, (_, k) => {
    const fraction = k / (points - 1);
    const value = log ? low * (high / low) ** fraction : low + fraction * (high - low);
    return Math.min(high, Math.max(low, integer ? Math.round(value) : legible(value, low, high)));
  });
  return [...new Set(values)];
}

/**
 * Returns the ends of the scale. For integers they are ½ below `low` and ½ above `high`, so that
 * each integer is rounded from an interval of length 1.
 */
function scaleOf({ low, high, log, integer }: RangeDimension): [number, number] {
  const bounds: [number, number] = integer === true ? [low - 0.5, high + 0.5] : [low, high];
  return log === true ? [Math.log(bounds[0]), Math.log(bounds[1])] : bounds;
}

/** Rounds a value to six significant digits, or to more if the range is narrow. */
function legible(value: number, low: number, high: number): number {
  const narrow = Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low));
  return Number(value.toPrecision(Math.min(17, 6 + Math.max(0, Math.ceil(narrow)))));
}

/**
 * Returns the part of a name after the last dot, `units` for `architecture.units`. If another name
 * ends in the same part, it returns the whole name.
 */
export function shortName(space: Space, name: string): string {
  const lastPart = (one: string) => one.slice(one.lastIndexOf('.') + 1);
  const sameEnd = Object.keys(space).filter((other) => lastPart(other) === lastPart(name));
  return sameEnd.length === 1 ? lastPart(name) : name;
}

/** Formats a value for a table: numbers with four digits, lists with commas. */
export function formatValue(value: Value): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(4)));
  return typeof value === 'object' ? value.join(', ') || 'none' : String(value);
}
