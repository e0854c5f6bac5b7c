/** A value of an option. */
export type Value = string | number | boolean | readonly string[];

/** A dimension with the numbers from `low` to `high`, both included. */
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
 * A dimension with a list of values. Numbers in rising order form a scale; other values have no
 * order.
 */
export interface ChoiceDimension {
  /** The values, at least two, all different. */
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

/** Whether two values are equal. */
export const sameValue = (a: Value, b: Value): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Whether the values have no order. */
export function isCategorical(dimension: Dimension): boolean {
  if (!('choices' in dimension)) return false;
  const { choices } = dimension;
  return !choices.every(
    (value, i) => typeof value === 'number' && (i === 0 || value > Number(choices[i - 1])),
  );
}

/** The number of values, Infinity for a continuous range. */
export function cardinality(dimension: Dimension): number {
  if ('choices' in dimension) return dimension.choices.length;
  return dimension.integer === true ? dimension.high - dimension.low + 1 : Infinity;
}

/**
 * The value at a quantile, from 0 to below 1, of the uniform distribution on the dimension's scale:
 * every choice and every integer has the same probability.
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
 * The coordinate of a value for a Gaussian process: from 0 to 1 on the scale, or a category's
 * number.
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
 * The values in a grid: all choices, or `points` values from low to high, equidistant on the scale.
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
 * The ends of the scale. For integers they lie ½ outside, so rounding gives each integer an equal
 * part.
 */
function scaleOf({ low, high, log, integer }: RangeDimension): [number, number] {
  const bounds: [number, number] = integer === true ? [low - 0.5, high + 0.5] : [low, high];
  return log === true ? [Math.log(bounds[0]), Math.log(bounds[1])] : bounds;
}

/** Rounds to six digits, or to as many as a narrow range needs. */
function legible(value: number, low: number, high: number): number {
  const narrow = Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low));
  return Number(value.toPrecision(Math.min(17, 6 + Math.max(0, Math.ceil(narrow)))));
}

/** The part of a name after the last dot if it is unique: `units` for `architecture.units`. */
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
