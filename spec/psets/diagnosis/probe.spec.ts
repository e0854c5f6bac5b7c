import { probe } from '../../../psets/grader/diagnosis/probe.ts';
import {
  applied,
  argumentsOf,
  type Args,
  type Pset,
  type Solve,
} from '../../../psets/grader/pset.ts';
import { linear } from '../../../psets/linear/pset.ts';
import { backpropToBias, backpropToInput, forward } from '../../../psets/linear/solution.ts';
import { maxPooling } from '../../../psets/max-pooling/pset.ts';
import { forward as pool } from '../../../psets/max-pooling/solution.ts';

/** Three examples, two inputs and four outputs. */
const ARGS = {
  x: [[0.5, -1.2], [0.8, 0.3], [-0.7, 1.1]],
  W: [[0.3, -0.4], [1.5, 0.6], [-0.9, 0.2], [0.1, 0.7]],
  b: [0.2, -0.5, 0.9, 1.4],
  gradOutput: [[1.3, 0.4, -0.6, 0.2], [-0.8, 0.5, 0.7, 1.1], [0.9, -0.3, 0.1, -1.6]],
}; // prettier-ignore

const POOLED = {
  x: [0.5, -1.2, 0.8, 0.3, -0.7],
  K: 3,
  S: 2,
  gradOutput: [1.3, 0.4],
  gradSame: [1],
};

/** Returns the fact about a function that stands in the place of a task. */
function factAbout(
  pset: Pset,
  name: string,
  own: Solve,
  args: Args = ARGS,
): Promise<string | undefined> {
  const task = pset.tasks.find((one) => one.name === name);
  if (task === undefined) throw new Error(name);
  return probe(pset, task, args, (all) =>
    Promise.resolve(all.map((one) => applied(own, argumentsOf(task, one)))),
  );
}

test.each(linear.tasks.map(({ name }) => name))(
  'a right %s has no wrong dependence',
  async (name) => {
    expect(await factAbout(linear, name, linear.solution[name])).toBeUndefined();
  },
);

test('an argument that is not used', async () => {
  const fact = await factAbout(linear, 'forward', (x: number[][], W: number[][], b: number[]) =>
    forward(
      x,
      W,
      b.map(() => 0),
    ),
  );
  expect(fact).toBe('the result does not depend on b');
});

test('a number of an argument that is not used', async () => {
  const fact = await factAbout(linear, 'forward', (x: number[][], W: number[][], b: number[]) =>
    forward(
      x,
      W,
      b.map((v, i) => (i === 2 ? 0 : v)),
    ),
  );
  expect(fact).toBe('the result does not depend on b[2]');
});

test('an output gradient that is not used', async () => {
  const fact = await factAbout(
    linear,
    'backpropToInput',
    (g: number[][], x: number[][], W: number[][]) =>
      backpropToInput(
        g.map((row) => row.map(() => 1)),
        x,
        W,
      ),
  );
  expect(fact).toBe('the result does not depend on gradOutput');
});

test('a gradient that depends on an argument on which it should not', async () => {
  const fact = await factAbout(
    linear,
    'backpropToInput',
    (g: number[][], x: number[][], W: number[][]) =>
      backpropToInput(g, x, W).map((row, n) => row.map((v, j) => v * x[n][j])),
  );
  expect(fact).toBe('the result depends on x, and should not');
});

test('rows that depend on each other', async () => {
  const fact = await factAbout(linear, 'forward', (x: number[][], W: number[][], b: number[]) =>
    forward([...x].reverse(), W, b),
  );
  expect(fact).toBe('a row of the result depends on other rows of x, and should not');
});

test('a number that depends on another number', async () => {
  const fact = await factAbout(
    maxPooling,
    'forward',
    (x: number[], K: number, S: number) => pool(x, K, S).map((v, i) => (i === 0 ? v + x[4] : v)),
    POOLED,
  );
  expect(fact).toBe('the result[0] depends on x[4], and should not');
});

test.each([
  ['is squared', (v: number) => v * v],
  ['loses its sign', (v: number) => Math.abs(v)],
])('a gradient of the output that %s is not linear', async (_, change) => {
  const fact = await factAbout(linear, 'backpropToBias', (g: number[][], b: number[]) =>
    backpropToBias(
      g.map((row) => row.map(change)),
      b,
    ),
  );
  expect(fact).toBe(
    'the result is not linear in gradOutput: twice the gradOutput must give twice the result',
  );
});

test('something is added that the gradient of the output does not multiply', async () => {
  const fact = await factAbout(linear, 'backpropToBias', (g: number[][], b: number[]) =>
    backpropToBias(g, b).map((v) => v + 0.5),
  );
  expect(fact).toBe(
    'for a gradOutput of 0 the result is not 0: something is added that gradOutput does not multiply',
  );
});
