import { definePset, type Pset, type PsetOptions, type PsetValue } from '../../psets/define.ts';
import { psets } from '../../psets/index.ts';
import leakyRelu from '../../examples/leaky-relu/pset.ts';
import { inputError } from '../support/inputError.ts';

test.each(psets.map((pset) => [pset.name, pset] as const))(
  'the problem set %s could be one of a user',
  (_, pset) => {
    expect(definePset(pset)).toEqual(pset);
  },
);

test('the known mistakes may be left out', () => {
  const { mistakes, ...rest } = leakyRelu;
  expect(mistakes).toHaveLength(2);
  expect(definePset(rest).mistakes).toEqual([]);
});

type Changes = { readonly [Part in keyof Pset]?: unknown };

/** The set of the guide with some parts replaced, as JavaScript might pass it. */
const changed = (changes: Changes) => () =>
  definePset({ ...leakyRelu, ...changes } as unknown as PsetOptions);
const [forward, toInput] = leakyRelu.tasks;
const tasks = (first: object, second: object = {}) =>
  changed({
    tasks: [
      { ...forward, ...first },
      { ...toInput, ...second },
    ],
  });
const draw = (make: (args: Record<string, PsetValue>, k: number) => unknown) =>
  changed({
    draw: (rng: Parameters<Pset['draw']>[0], k: number) => make(leakyRelu.draw(rng, k).args, k),
  });
const mistake = (changes: object, ...more: object[]) =>
  changed({ mistakes: [{ ...leakyRelu.mistakes[0], ...changes }, ...more] });
const fail = () => {
  throw new RangeError('no luck');
};

test.each<[message: string, define: () => unknown]>([
  [
    'definePset: expected { name: ..., tasks: ... }, got undefined',
    () => definePset(undefined as never),
  ],
  [
    'definePset: name: expected small letters, digits and hyphens, such as leaky-relu, got "Leaky ReLU"',
    changed({ name: 'Leaky ReLU' }),
  ],
  [
    'definePset: unknown option mistake; did you mean mistakes?',
    () => definePset({ ...leakyRelu, mistake: [] } as never),
  ],
  ['leaky-relu: title: expected a text, got undefined', changed({ title: undefined })],
  ['leaky-relu: tasks: expected at least one function, got []', changed({ tasks: [] })],
  [
    'leaky-relu: tasks[0].name: expected a name such as gradOutput, got "for ward"',
    tasks({ name: 'for ward' }),
  ],
  [
    'leaky-relu: tasks[1].name: expected another name, got "forward" again',
    tasks({}, { name: 'forward' }),
  ],
  [
    'leaky-relu: forward.parameters: expected at least one parameter, got []',
    tasks({ parameters: [] }),
  ],
  [
    'leaky-relu: forward.parameters: expected each name once, got "x" again',
    tasks({ parameters: [forward.parameters[0], forward.parameters[0]] }),
  ],
  [
    'leaky-relu: forward.doc: expected a description on one line, got "two\\nlines"',
    tasks({ doc: 'two\nlines' }),
  ],
  [
    'leaky-relu: forward.returns.type: expected a description on one line, got ""',
    tasks({ returns: undefined }),
  ],
  ['leaky-relu: forward.points: expected a number above 0, got 0', tasks({ points: 0 })],
  [
    'leaky-relu: backpropToInput.gradientOf.task: expected a function that is no gradient: forward, got "forwrad"',
    tasks({}, { gradientOf: { task: 'forwrad', argument: 'x' } }),
  ],
  [
    'leaky-relu: backpropToInput.gradientOf.argument: expected a parameter of forward: x, a, got "y"',
    tasks({}, { gradientOf: { task: 'forward', argument: 'y' } }),
  ],
  [
    'leaky-relu: backpropToInput.parameters: expected the gradient of the output first, because forward is no cost, got x',
    tasks({}, { parameters: forward.parameters }),
  ],
  [
    'leaky-relu: solution: expected one function per task, got undefined',
    changed({ solution: undefined }),
  ],
  [
    'leaky-relu: solution.backpropToInput: expected a function, got undefined',
    changed({ solution: { forward: leakyRelu.solution.forward } }),
  ],
  [
    'leaky-relu: solution.forward: expected a value for case 0, got an error: no luck',
    changed({ solution: { ...leakyRelu.solution, forward: fail } }),
  ],
  [
    'leaky-relu: solution.forward: expected finite numbers or lists of them for case 0, got NaN',
    changed({ solution: { ...leakyRelu.solution, forward: () => NaN } }),
  ],
  [
    'leaky-relu: solution.forward: expected that no argument changes, got another value of x after case 0',
    changed({
      solution: { ...leakyRelu.solution, forward: (x: number[]) => x.fill(0) },
    }),
  ],
  ['leaky-relu: draw: expected a function (rng, k) => ..., got 3', changed({ draw: 3 })],
  ['leaky-relu: draw(rng, 0): expected a case, got an error: no luck', changed({ draw: fail })],
  [
    'leaky-relu: draw(rng, 0): expected { args: { ... }, smooth: true or false }, got Object',
    draw((args) => ({ args })),
  ],
  [
    'leaky-relu: draw(rng, 0): args.a: expected an argument of forward, made of numbers, words, booleans, lists and records, got undefined',
    draw(({ x, gradOutput }) => ({ args: { x, gradOutput }, smooth: true })),
  ],
  [
    'leaky-relu: draw(rng, 0): args.x: expected an argument of forward, made of numbers, words, booleans, lists and records, got Float64Array',
    draw((args) => ({ args: { ...args, x: new Float64Array(2) }, smooth: true })),
  ],
  [
    'leaky-relu: draw: expected smooth cases, because backpropToInput is checked by finite differences, got none in 25',
    draw((args) => ({ args, smooth: false })),
  ],
  [
    'leaky-relu: extremes[0].extreme: expected a name such as "scores that are far apart", got ""',
    changed({ extremes: [{ ...leakyRelu.extremes?.[0], extreme: '' }] }),
  ],
  [
    'leaky-relu: solution.backpropToInput: expected the shape of x, a list of length 1, for case 0, got a number',
    changed({ solution: { ...leakyRelu.solution, backpropToInput: () => 1 } }),
  ],
  [
    'leaky-relu: mistakes[0].task: expected one of forward, backpropToInput, got "backward"',
    mistake({ task: 'backward' }),
  ],
  ['leaky-relu: mistakes[0].message: expected one line, got ""', mistake({ message: '' })],
  [
    'leaky-relu: mistakes[0].solve: expected a function, got undefined',
    mistake({ solve: undefined }),
  ],
  [
    'leaky-relu: mistakes[0].solve: expected a value for case 0, got an error: no luck',
    mistake({ solve: fail }),
  ],
  [
    'leaky-relu: mistakes[0].solve: expected other values than those of the reference, got the same in all 25 cases: "wrong"',
    mistake({ message: 'wrong', solve: leakyRelu.solution.forward }),
  ],
  [
    'leaky-relu: mistakes[1].solve: expected other values than those of mistakes[0], "first", which hides it, got the same in all 25 cases',
    mistake({ message: 'first' }, { ...leakyRelu.mistakes[0], message: 'second' }),
  ],
  [
    'leaky-relu: derivations.backward: expected one of forward, backpropToInput, got "backward"',
    changed({ derivations: { backward: () => 0 } }),
  ],
  [
    'leaky-relu: derivations.forward: expected the values of the reference, [-0.11], for case 0, got [0]',
    changed({ derivations: { forward: (_: unknown, x: number[]) => x.map(() => 0) } }),
  ],
  [
    'leaky-relu: quantities["σ"]: expected a number for case 0, got undefined',
    changed({ quantities: { σ: () => undefined } }),
  ],
  [
    'leaky-relu: properties[0].phrase: expected words such as "for even kernels", got ""',
    changed({ properties: [{ phrase: '', holds: () => true }] }),
  ],
  [
    'leaky-relu: properties[0].holds: expected true, false, or a list of them for case 0, got 1',
    changed({ properties: [{ phrase: 'below 0', holds: () => 1 }] }),
  ],
])('%s', (message, define) => {
  expect(define).toThrow(inputError(message));
});

test('a gradient that finite differences contradict', () => {
  const solution = {
    ...leakyRelu.solution,
    backpropToInput: (g: number[], x: number[]) => g.map((v, i) => (x[i] > 0 ? v : 0)),
  };
  expect(changed({ solution })).toThrow(
    /^leaky-relu: solution\.backpropToInput: expected -?[\d.]+, the difference quotient of forward by number \d of x in case \d+, got 0; correct the gradient, or let draw return smooth: false where the function has a kink$/,
  );
});

test('a gradient at a kink is no error, unless the case claims to be smooth', () => {
  expect(() => definePset(leakyRelu)).not.toThrow();
  const claimed = draw((args, k) => ({ args, smooth: k >= 0 }));
  expect(claimed).toThrow(/^leaky-relu: solution\.backpropToInput: expected .+ in case 2, got /);
});

test('a draw that takes random numbers from elsewhere', () => {
  let calls = 0;
  expect(draw((args) => ({ args: { ...args, a: calls++ }, smooth: true }))).toThrow(
    'leaky-relu: draw(rng, 0): expected the same case for the same rng, got another; take every random number from rng',
  );
});
