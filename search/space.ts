/** What an option may be set to. */
export type Value = string | number | boolean | readonly string[];

/** Numbers from `low` to `high`, both among them. */
export interface RangeDimension {
  readonly low: number;
  readonly high: number;
  /** Evenly spread in the logarithm. */
  readonly log?: boolean;
  /** Whole numbers only. */
  readonly integer?: boolean;
  /** Of a grid; 3 by default. */
  readonly points?: number;
}

/** Numbers in rising order are steps of one scale; anything else are categories without an order. */
export interface ChoiceDimension {
  readonly choices: readonly Value[];
}

export type Dimension = RangeDimension | ChoiceDimension;
/** What varies, by its name. */
export type Space = Readonly<Record<string, Dimension>>;
/** A value for each dimension. */
export type Point = Readonly<Record<string, Value>>;

/** Whether two values are one. */
export const sameValue = (a: Value, b: Value): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Whether the values are categories. */
export function isCategorical(dimension: Dimension): boolean {
  if (!('choices' in dimension)) return false;
  const { choices } = dimension;
  return !choices.every(
    (value, i) => typeof value === 'number' && (i === 0 || value > Number(choices[i - 1])),
  );
}

/** How many values there are. */
export function cardinality(dimension: Dimension): number {
  if ('choices' in dimension) return dimension.choices.length;
  return dimension.integer === true ? dimension.high - dimension.low + 1 : Infinity;
}

/** The value at a share of the way, for a share from 0 to below 1: every choice, and every whole number, has its part. */
export function valueAtQuantile(dimension: Dimension, share: number): Value {
  if ('choices' in dimension)
    return dimension.choices[Math.floor(share * dimension.choices.length)];
  const { low, high, integer } = dimension;
  const [start, end] = scaleOf(dimension);
  const found = start + share * (end - start);
  const value = dimension.log === true ? Math.exp(found) : found;
  return Math.min(
    high,
    Math.max(low, integer === true ? Math.round(value) : legible(value, low, high)),
  );
}

/** Where a value stands, from 0 to 1; the number of a category. */
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

/** Of a grid: all choices, or `points` values evenly from low to high on its scale. */
export function gridValues(dimension: Dimension): Value[] {
  if ('choices' in dimension) return [...dimension.choices];
  const { low, high, log = false, integer = false, points = 3 } = dimension;
  const values = Array.from({ length: points }, (_, k) => {
    const share = k / (points - 1);
    const value = log ? low * (high / low) ** share : low + share * (high - low);
    return Math.min(high, Math.max(low, integer ? Math.round(value) : legible(value, low, high)));
  });
  return [...new Set(values)];
}

/** Whole numbers have half of one beyond each bound, so that rounding gives each its part. */
function scaleOf({ low, high, log, integer }: RangeDimension): [number, number] {
  const bounds: [number, number] = integer === true ? [low - 0.5, high + 0.5] : [low, high];
  return log === true ? [Math.log(bounds[0]), Math.log(bounds[1])] : bounds;
}

/** Six digits, and as many more as a narrow range needs. */
function legible(value: number, low: number, high: number): number {
  const narrow = Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low));
  return Number(value.toPrecision(Math.min(17, 6 + Math.max(0, Math.ceil(narrow)))));
}

/** What comes after the last dot, if that is one dimension's only: `units` for `architecture.units`. */
export function shortName(space: Space, name: string): string {
  const short = (one: string) => one.slice(one.lastIndexOf('.') + 1);
  const alike = Object.keys(space).filter((other) => short(other) === short(name));
  return alike.length === 1 ? short(name) : name;
}

/** A value in a table: four digits of a number, words of a list with commas. */
export function formatValue(value: Value): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(4)));
  return typeof value === 'object' ? value.join(', ') || 'none' : String(value);
}
