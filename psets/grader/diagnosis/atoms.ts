import type { Args, Property, Pset, Task } from '../pset.ts';
import type { Value } from '../value.ts';
import { flatten, isRows } from '../values.ts';
import { isList, isNumbers } from './mapNumbers.ts';

/** The position of a number in a result: its row and column, and how many there are of each. */
interface Place {
  readonly at: number;
  readonly length: number;
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Returns the properties of cases and numbers by which wrong results are told from right ones. */
export function propertiesOf({ properties = [] }: Pset, task: Task): readonly Property[] {
  return [
    ...properties.filter(({ tasks }) => tasks === undefined || tasks.includes(task.name)),
    ...task.parameters.flatMap(({ name }) => [...ofNumbers(name), ...ofArgument(name)]),
    ...task.parameters.flatMap((one) =>
      task.parameters.filter((two) => two !== one).map((two) => compared(one.name, two.name)),
    ),
  ];
}

const sizeOf = (value: Value): number => (isList(value) ? value.length : NaN);

/** Properties of an argument as a whole. */
function ofArgument(name: string): Property[] {
  const rows = (args: Args) => (isRows(args[name]) ? args[name].length : NaN);
  const whole = (args: Args) => Number.isInteger(args[name]);
  const sign = (phrase: string, holds: (value: number) => boolean): Property => ({
    phrase,
    holds: ({ [name]: value }) => typeof value === 'number' && holds(value),
  });
  return [
    { phrase: `for even ${name}`, holds: (args) => whole(args) && Number(args[name]) % 2 === 0 },
    { phrase: `for odd ${name}`, holds: (args) => whole(args) && Number(args[name]) % 2 !== 0 },
    sign(`where ${name} is below 0`, (value) => value < 0),
    sign(`where ${name} is above 0`, (value) => value > 0),
    sign(`where ${name} is 0`, (value) => value === 0),
    sign(`where ${name} is not 0`, (value) => value !== 0),
    { phrase: `where ${name} has more than one row`, holds: (args) => rows(args) > 1 },
    { phrase: `where ${name} has one row`, holds: (args) => rows(args) === 1 },
    { phrase: `where ${name} has an even length`, holds: (args) => sizeOf(args[name]) % 2 === 0 },
    { phrase: `where ${name} has an odd length`, holds: (args) => sizeOf(args[name]) % 2 === 1 },
    {
      phrase: `where ${name} holds a 0`,
      holds: (args) => isList(args[name]) && flatten(args[name]).includes(0),
    },
    {
      phrase: `where ${name} has equal numbers`,
      holds: ({ [name]: value }) => isNumbers(value) && new Set(value).size < value.length,
    },
    {
      phrase: `where ${name} has no number above 0`,
      holds: ({ [name]: value }) => isList(value) && flatten(value).every((v) => v <= 0),
    },
    {
      phrase: `where ${name} has a number below 0`,
      holds: ({ [name]: value }) => isList(value) && flatten(value).some((v) => v < 0),
    },
  ];
}

/** Properties of the single numbers of an argument. */
function ofNumbers(name: string): Property[] {
  const each = (phrase: string, holds: (value: number) => boolean): Property => ({
    phrase: `where ${name} is ${phrase}`,
    holds: ({ [name]: value }) => (isList(value) ? flatten(value).map(holds) : false),
  });
  return [
    each('below 0', (value) => value < 0),
    each('above 0', (value) => value > 0),
    each('0', (value) => value === 0),
    each('not 0', (value) => value !== 0),
    each('0 or above', (value) => value >= 0),
    each('0 or below', (value) => value <= 0),
  ];
}

const compared = (one: string, two: string): Property => ({
  phrase: `where ${one} is below ${two}`,
  holds: ({ [one]: a, [two]: b }) => {
    if (typeof a === 'number' && typeof b === 'number') return a < b;
    if (!isList(a) || !isList(b)) return false;
    const [left, right] = [flatten(a), flatten(b)];
    return left.length === right.length ? left.map((value, i) => value < right[i]) : false;
  },
});

/** The properties of a number's position, which depend on the shape of the result. */
export const PLACES: readonly (readonly [phrase: string, holds: (place: Place) => boolean])[] = [
  ['at the first number', ({ at }) => at === 0],
  ['at the last number', ({ at, length }) => at === length - 1],
  ['from the second number on', ({ at }) => at > 0],
  ['in all numbers but the last', ({ at, length }) => at < length - 1],
  ['at the ends', ({ at, length }) => at === 0 || at === length - 1],
  ['between the ends', ({ at, length }) => at > 0 && at < length - 1],
  ['in the first row', ({ row }) => row === 0],
  ['in the last row', ({ row, rows }) => row === rows - 1],
  ['from the second row on', ({ row }) => row > 0],
  ['in all rows but the last', ({ row, rows }) => row < rows - 1],
  ['in the first column', ({ column }) => column === 0],
  ['in the last column', ({ column, columns }) => column === columns - 1],
  ['from the second column on', ({ column }) => column > 0],
  ['in all columns but the last', ({ column, columns }) => column < columns - 1],
  ['on the diagonal', ({ row, column }) => row === column],
  ['off the diagonal', ({ row, column }) => row !== column],
  ['above the diagonal', ({ row, column }) => row < column],
  ['below the diagonal', ({ row, column }) => row > column],
];

/** Returns the position of each number of a result. A list is one row. */
export function placesOf(expected: Value): readonly Place[] {
  const all = isRows(expected) ? expected : [flatten(expected)];
  const length = flatten(expected).length;
  return all.flatMap((line, row) =>
    line.map((_, column) => ({
      at: row * line.length + column,
      length,
      row,
      rows: all.length,
      column,
      columns: line.length,
    })),
  );
}
