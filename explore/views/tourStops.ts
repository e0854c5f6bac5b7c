import type { Subject } from '../engine/engine.ts';
import type { Ref } from '../engine/refs.ts';

/** A stop of the tour: a text, a figure, and a number whose sign the reader predicts. */
export interface Stop {
  readonly title: string;
  readonly text: readonly string[];
  readonly subject: Subject;
  /** The number to predict, and its name in the text. The answer is read from the figure. */
  readonly ask: { readonly ref: Ref; readonly name: string };
  /** The lesson of the answer. */
  readonly lesson: string;
  /** A view in which the reader can go on alone. */
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

/** The stops, in the order of the lecture. */
export const STOPS: readonly Stop[] = [
  {
    title: 'A chain of boxes',
    text: [
      'A network is a chain of boxes. Each box computes x_out = F(x_in, w): the upper line of the figure, from left to right.',
      'The last box, the cost, compares the output with the target y and gives one number, C. Here the output is 0.3131 and the target 0.5.',
    ],
    subject: EXAMPLE,
    ask: { ref: gradient(3, 0), name: '∂C/∂x_out' },
    lesson:
      'The output is too small. C falls if x_out grows, so the derivative is negative. For this cost it is x_out − y.',
  },
  {
    title: 'One box back',
    text: [
      'Each box gets ∂C/∂x_out from the box behind it. It sends back ∂C/∂x_in: how C changes if its input changes. This is the chain rule, one box at a time.',
      'The last Linear box has the weights w35 = 1 and w45 = −1.',
    ],
    subject: EXAMPLE,
    ask: { ref: gradient(2, 1), name: '∂C/∂x_2[0, 1]' },
    lesson:
      'The weight w45 is negative: if this input grows, the output shrinks, and C grows. A negative times a negative is positive.',
    next: { view: 'example', words: 'All steps of the worked example' },
  },
  {
    title: 'The arrow down',
    text: [
      'A box with weights has a third arrow: ∂C/∂w. For a Linear box it is the product of what came back and what went in: ∂C/∂x_out times x_in.',
    ],
    subject: EXAMPLE,
    ask: {
      ref: { kind: 'gradParam', box: 0, name: 'weight', index: 2 },
      name: '∂C/∂w14',
    },
    lesson:
      'What came back is positive, and the input is 1. With η below 0, the step makes this weight smaller: from 0.2 to 0.17, as on the slide.',
  },
  {
    title: 'A box without weights',
    text: [
      'Tanh has no weights. It multiplies what comes back by its slope, 1 − x_out². The slope is never negative.',
    ],
    subject: { kind: 'box', name: 'Tanh' },
    ask: { ref: gradient(0, 2), name: '∂C/∂x_in[0, 2]' },
    lesson:
      'A slope that is not negative keeps the sign of ∂C/∂x_out. Where tanh is flat, almost nothing gets through.',
    next: { view: 'box', state: { name: 'Tanh' }, words: 'Change its input' },
  },
  {
    title: 'A closed gate',
    text: [
      'ReLU passes what is above 0. Look at an input below 0: its output is 0.',
      'The last number in the first row of x_in is below 0. Predict the gradient there.',
    ],
    subject: { kind: 'box', name: 'ReLU' },
    ask: { ref: gradient(0, 2), name: '∂C/∂x_in[0, 2]' },
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
    ask: { ref: gradient(0, 0), name: '∂C/∂x_in[0, 0, 0, 0]' },
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
    ask: {
      ref: { kind: 'gradParam', box: 0, name: 'weight', index: 0 },
      name: '∂C/∂w[0, 0, 0, 0]',
    },
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
      'For classes, softmax turns the outputs into probabilities, and the cost is the logarithm of the probability of the right class.',
      'The target y of the first example is class 1. Predict the gradient at the output of this class.',
    ],
    subject: { kind: 'box', name: 'SoftmaxCrossEntropy' },
    ask: { ref: gradient(0, 1), name: '∂C/∂x_in[0, 1]' },
    lesson:
      'The gradient is the probability, less 1 for the right class, over the number of examples. So it is negative for the right class and positive for every other.',
    next: { view: 'live', words: 'Train LeNet on digits' },
  },
];
