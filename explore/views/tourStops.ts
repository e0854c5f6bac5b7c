import type { Subject } from '../engine/engine.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import type { Ref } from '../engine/refs.ts';
import { valueAt } from '../engine/valueAt.ts';
import { format, short } from '../ui/format.ts';

/**
 * A text, or a function that makes a text from the numbers in the figure, which the reader may
 * change.
 */
type Text = string | ((numbers: Snapshot) => string);

/** A stop of the tour: a text, a figure, and a number whose sign the reader predicts. */
export interface Stop {
  readonly title: string;
  readonly text: readonly Text[];
  readonly subject: Subject;
  /** The number whose sign the reader predicts. The answer is read from the figure. */
  readonly ask: Ref | ((numbers: Snapshot) => Ref);
  /** What the reader learns from the answer. */
  readonly lesson: Text;
  /** A view in which the reader can continue. */
  readonly next?: {
    readonly view: string;
    readonly state?: Readonly<Record<string, string>>;
    readonly words: string;
  };
}

const EXAMPLE: Subject = { kind: 'example' };

const gradient = (place: number, index: number): Ref => ({
  kind: 'gradient',
  place,
  part: 0,
  index,
});

const activation = (place: number, index: number): Ref => ({
  kind: 'activation',
  place,
  part: 0,
  index,
});
const weight = (box: number, index: number): Ref => ({ kind: 'param', box, name: 'weight', index });
/** The address of ∂C/∂w_14 in the worked example. */
const W14: Ref = { kind: 'gradParam', box: 0, name: 'weight', index: 2 };
const target = (index: number): Ref => ({ kind: 'target', index });

/** Returns a text that depends on whether a number is negative, zero or positive. */
function bySign(value: number, words: readonly [negative: string, zero: string, positive: string]) {
  return words[Math.sign(value) + 1];
}

const SIGNS = ['negative', 'zero', 'positive'] as const;

/** Returns a text with the numbers of the figure inserted. */
export function textOf(text: Text, numbers: Snapshot): string {
  return typeof text === 'string' ? text : text(numbers);
}

/** Returns the number that a stop asks for. */
export function askedBy({ ask }: Stop, numbers: Snapshot): Ref {
  return typeof ask === 'function' ? ask(numbers) : ask;
}

/** The stops, in the order of the lecture. */
export const STOPS: readonly Stop[] = [
  {
    title: 'A chain of boxes',
    text: [
      'A network is a chain of boxes. Each box computes x_out = F(x_in, w): the upper line of the figure, from left to right.',
      (numbers) =>
        `The last box, the cost, compares the output with the target y and gives one number, C. Here the output is ${format(valueAt(numbers, activation(3, 0)))} and the target ${short(valueAt(numbers, target(0)))}.`,
    ],
    subject: EXAMPLE,
    ask: gradient(3, 0),
    lesson: (numbers) =>
      `${bySign(valueAt(numbers, gradient(3, 0)), [
        'The output is too small. C falls if x_out grows, so the derivative is negative.',
        'The output is the target. C is as small as it can be, so the derivative is zero.',
        'The output is too large. C grows if x_out grows, so the derivative is positive.',
      ])} For this cost it is x_out − y.`,
  },
  {
    title: 'One box back',
    text: [
      'Each box gets ∂C/∂x_out from the box behind it. It sends back ∂C/∂x_in: how C changes if its input changes. This is the chain rule, one box at a time.',
      (numbers) =>
        `The last Linear box has the weights w_35 = ${short(valueAt(numbers, weight(2, 0)))} and w_45 = ${short(valueAt(numbers, weight(2, 1)))}.`,
    ],
    subject: EXAMPLE,
    ask: gradient(2, 1),
    lesson: (numbers) => {
      const factors = [gradient(3, 0), weight(2, 1)].map((ref) => Math.sign(valueAt(numbers, ref)));
      const [back, w] = factors.map((sign) => SIGNS[sign + 1]);
      const product = SIGNS[factors[0] * factors[1] + 1];
      const effect = bySign(factors[1], ['shrinks', 'stays the same', 'grows']);
      return `The weight w_45 is ${w}: if this input grows, the output ${effect}. ∂C/∂x_out is ${back}, and the product of the two is ${product}.`;
    },
    next: { view: 'example', words: 'All steps of the worked example' },
  },
  {
    title: 'The arrow down',
    text: [
      'A box with weights has a third arrow: ∂C/∂w. For a Linear box it is the product of what came back and what went in: ∂C/∂x_out times x_in.',
    ],
    subject: EXAMPLE,
    ask: W14,
    lesson: (numbers) => {
      const [back, x] = [gradient(1, 1), activation(0, 0)].map((ref) => valueAt(numbers, ref));
      const w = valueAt(numbers, weight(0, 2));
      const slope = valueAt(numbers, W14);
      const change = bySign(slope, [
        'makes this weight larger',
        'leaves this weight as it is',
        'makes this weight smaller',
      ]);
      return `${format(back)} came back, and the input is ${short(x)}; this is their product. With η below 0, the step ${change}: with η = −0.2 from ${short(w)} to ${format(w - 0.2 * slope, 2)}.`;
    },
  },
  {
    title: 'A box without weights',
    text: [
      'Tanh has no weights. It multiplies what comes back by its slope, 1 − x_out². The slope is never negative.',
    ],
    subject: { kind: 'box', name: 'Tanh' },
    ask: gradient(0, 2),
    lesson:
      'A slope that is not negative keeps the sign of ∂C/∂x_out. Where tanh is flat, almost nothing gets through.',
    next: { view: 'box', state: { name: 'Tanh' }, words: 'Change its input' },
  },
  {
    title: 'A closed gate',
    text: [
      'ReLU passes what is above 0. Look at an input below 0: its output is 0.',
      (numbers) =>
        `The last number in the first row of x_in is ${short(valueAt(numbers, activation(0, 2)))}. Predict the gradient there.`,
    ],
    subject: { kind: 'box', name: 'ReLU' },
    ask: gradient(0, 2),
    lesson:
      'Below 0 the slope is 0: nothing comes back. Above 0 everything comes back. A unit that is below 0 for every example no longer learns.',
    next: { view: 'box', state: { name: 'ReLU' }, words: 'Open the gate' },
  },
  {
    title: 'Only the winner',
    text: [
      'Max pooling passes the largest number of each window. The others have no influence, so they get no gradient.',
    ],
    subject: { kind: 'box', name: 'MaxPool2D' },
    ask: gradient(0, 0),
    lesson:
      'A number that did not win gets 0, and a winner gets all of ∂C/∂x_out. Click an output to see its winner.',
    next: { view: 'borders', words: 'Pooling and convolution along a signal' },
  },
  {
    title: 'One weight in many places',
    text: [
      'A convolution uses each weight at every position. So ∂C/∂w is a sum: at each position, what came back times the pixel that this weight saw.',
    ],
    subject: { kind: 'box', name: 'Conv2D' },
    ask: { kind: 'gradParam', box: 0, name: 'weight', index: 0 },
    lesson:
      'The products of all positions add up. The lit numbers are the factors; each product may have its own sign.',
    next: {
      view: 'box',
      state: { name: 'Conv2D' },
      words: 'Change the stride or the border',
    },
  },
  {
    title: 'Classes',
    text: [
      'For classes, softmax turns the outputs into probabilities, and the cost is minus the logarithm of the probability of the right class.',
      (numbers) =>
        `The target y of the first example is class ${valueAt(numbers, target(0))}. Predict the gradient at the output of this class.`,
    ],
    subject: { kind: 'box', name: 'SoftmaxCrossEntropy' },
    ask: (numbers) => gradient(0, valueAt(numbers, target(0))),
    lesson:
      'The gradient is the probability, less 1 for the right class, over the number of examples. So it is negative for the right class and positive for every other.',
    next: { view: 'live', words: 'Train LeNet on digits' },
  },
];
