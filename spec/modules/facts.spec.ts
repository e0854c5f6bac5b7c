import { Tensor, tidy, zeros } from '@tensorflow/tfjs-core';
import { Draw } from '../../gradcheck/case.ts';
import { cases } from '../../gradcheck/cases/index.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import { BoxpropError } from '../../lib/errors.ts';
import type {
  AxisWindow,
  Facts,
  Interval,
  PositionWindow,
  Shape,
  InputWindow,
} from '../../lib/facts.ts';
import { Module, type AnyModule } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { numElements } from '../../lib/shapes.ts';
import { groupedChannels, inputsOf, samePosition, windowAt } from '../../lib/window.ts';
import * as losses from '../../losses/index.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { oneHot, positionOf, reach } from '../support/reach.ts';

/**
 * The facts that each box states, held against its forward and its backward in inference, over the
 * random cases of the gradient check.
 */

const names = Object.keys(cases).filter((name) => !Object.hasOwn(losses, name));

/** Normalizations whose statistics, taken over the positions, carry the gradient out of the window. */
const STATISTICS = ['LayerNorm', 'GroupNorm', 'InstanceNorm'];

/**
 * Normalizations that divide by a mean over the image where it exceeds the spread of the window. One
 * large pixel in the middle of the window makes the window's own spread the larger of the two.
 */
const LARGE_MIDDLE = ['DivisiveNorm2D', 'ContrastNorm2D'];

/** Boxes that are defined for positive inputs only. */
const POSITIVE = ['LPPool2D'];

const CASES = 12;

/** Examples per case: a maximum sends its gradient to one of its inputs per example. */
const EXAMPLES = 60;

/** Output elements per case. */
const ELEMENTS = 3;

/** A box, and the shapes of its inputs. */
interface Target {
  readonly config: string;
  readonly box: AnyModule;
  readonly shapes: readonly Shape[];
}

/** The cases of a box that take one tensor, or a list of tensors. */
function targets(name: string): Target[] {
  return Array.from({ length: CASES }, (_, k) => k).flatMap((k) => {
    const { box, input, config } = cases[name](new Draw(new Rng(1).fold(k)));
    if (!(box instanceof Module)) return [];
    const inputs = input instanceof Tensor ? [input] : Object.values<Tensor>({ ...input });
    const isGraph = !(input instanceof Tensor) && box.children().length > 0;
    return isGraph ? [] : [{ config, box, shapes: inputs.map((one) => one.shape) }];
  });
}

/** The result of some work, or its message where it throws. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof BoxpropError) return error.message;
    throw error;
  }
}

/** The shape that a forward of zeros gives. */
function forwardShape({ box, shapes }: Target): Shape {
  return tidy(() => {
    const inputs = shapes.map((shape) => zeros([...shape]));
    return (box.infer(box.arity === 'list' ? inputs : inputs[0]) as Tensor).shape;
  });
}

/**
 * The shapes of a target and, of its first input, some that a box may refuse. A container is not asked
 * to refuse any: the place in its message is that of the traversal.
 */
function variants({ box, shapes }: Target): (readonly Shape[])[] {
  if (box.children().length > 0) return [shapes];
  const [first, ...others] = shapes;
  const wider = first.map((size, axis) => (axis === first.length - 1 ? size + 1 : size));
  const tiny = first.map((size, axis) => (axis === 0 || axis === first.length - 1 ? size : 1));
  return [first, [...first, 1], first.slice(0, -1), wider, tiny].map((shape) => [shape, ...others]);
}

describe('the output shape is that of the forward, and facts refuse the same shapes in the same words', () => {
  test.each(names)('%s', async (name) => {
    await withBackend('float64', () => {
      for (const target of targets(name)) {
        for (const shapes of variants(target)) {
          const { box, config } = target;
          const stated = outcome(() => box.facts(shapes).outputShape);
          if (stated === undefined && box.children().length > 0) continue;
          const actual = outcome(() => forwardShape({ ...target, shapes }));
          expect([config, shapes, stated]).toEqual([config, shapes, actual]);
        }
      }
    });
  });
});

describe('a box with parameters says which of them do not decay, its bias among them', () => {
  test.each(names)('%s', async (name) => {
    await withBackend('float64', () => {
      for (const { box, config } of targets(name)) {
        if (box.children().length > 0 || Object.keys(box.params).length === 0) continue;
        expect([config, box.noDecay]).toEqual([config, expect.any(Array)]);
        expect(Object.keys(box.params).filter((param) => param === 'bias' && !box.noDecay?.includes(param))).toEqual([]); // prettier-ignore
      }
    });
  });
});

/** Inputs for `EXAMPLES` examples; `middle` is the position of a pixel to make large in all channels. */
function drawInput(name: string, shape: Shape, rng: Rng, middle?: readonly number[]): Tensor {
  const sizes = shape.slice(1);
  const many = [EXAMPLES, ...sizes];
  const values = rng.normals(numElements(many));
  const isMiddle = (i: number) =>
    middle?.every((place, axis) => place === positionOf(i % numElements(sizes), sizes)[axis]);
  return constant(
    values.map((value, i) => {
      if (POSITIVE.includes(name)) return Math.abs(value);
      return isMiddle(i) ? 100 * value : value;
    }),
    many,
  );
}

/**
 * Compares the declared window with the gradient of some output elements, taken in every second
 * example; returns one line per difference.
 */
function compareWindow(name: string, { box, config, shapes }: Target, facts: Facts, rng: Rng) {
  const differences: string[] = [];
  const { outputShape, window } = facts;
  if (outputShape === undefined || window === undefined) return [`${config}: unknown`];
  for (let element = 0; element < ELEMENTS; element++) {
    tidy(() => {
      const at = outputShape.slice(1).map((size) => rng.integer(size));
      const middle = LARGE_MIDDLE.includes(name) ? at.slice(0, -1) : undefined;
      const inputs = shapes.map((shape) => drawInput(name, shape, rng, middle));
      const { output, cache } = box.forward(box.arity === 'list' ? inputs : inputs[0]);
      const gradOutput = oneHot((output as Tensor).shape, at);
      const grads = [box.backpropToInput(gradOutput, cache)].flat() as Tensor[];
      grads.forEach((grad, k) => {
        const outputs = at.map((place): Interval => [place, place]);
        const declared = inputsOf(windowAt(window, k), outputs, shapes[k], outputShape);
        const where = `${config}, input ${k}, output ${at.join(', ')}`;
        if (someOddExample(grad)) differences.push(`${where}: reaches another example`);
        const reached = reach(grad, STATISTICS.includes(name) ? at.slice(0, -1) : []);
        const good = STATISTICS.includes(name)
          ? contains(declared, reached)
          : JSON.stringify(declared) === JSON.stringify(reached);
        if (good) return;
        differences.push(`${where}: ${JSON.stringify({ declared, reached })}`);
      });
    });
  }
  return differences;
}

function contains(block: readonly Interval[] | undefined, other: Interval[] | undefined): boolean {
  return !!block && !!other && block.every(([first, last], axis) => first <= other[axis][0] && other[axis][1] <= last); // prettier-ignore
}

function someOddExample(grad: Tensor): boolean {
  const size = numElements(grad.shape.slice(1));
  return grad.dataSync().some((value, i) => value !== 0 && Math.floor(i / size) % 2 === 1);
}

/** The boxes that state a window: all but the containers. */
const windowed = names.filter(
  (name) => !['Sequential', 'Residual', 'Branch', 'Graph'].includes(name),
);

function checkWindows(name: string): string[] {
  return targets(name).flatMap((target, k) => {
    // Without an axis for the batch there is no example to look at.
    if (target.shapes.some((shape) => shape.length < 2)) return [];
    const facts = target.box.facts(target.shapes.map(([, ...sizes]) => [1, ...sizes]));
    return compareWindow(name, target, facts, new Rng(2).fold(k));
  });
}

describe('the window is the smallest block that the gradient reaches', () => {
  test.each(windowed.filter((name) => !STATISTICS.includes(name)))('%s', async (name) => {
    await withBackend('float64', () => expect(checkWindows(name)).toEqual([]));
  });
});

describe('at its position the gradient stays in the window; it reaches others through statistics, which do not count', () => {
  test.each(STATISTICS)('%s', async (name) => {
    await withBackend('float64', () => expect(checkWindows(name)).toEqual([]));
  });
});

describe('a wrong window is found', () => {
  const shapes = [[1, 5, 6, 4]];
  const check = (change: (right: PositionWindow) => InputWindow) => {
    const options = { stride: 2, padding: [1, 0], groups: 2, rng: new Rng(0) } as const;
    const box = new Conv2D(4, 2, [3, 2], options) as AnyModule;
    const facts = box.facts(shapes);
    const window = change(facts.window as PositionWindow);
    return compareWindow(
      'Conv2D',
      { config: 'conv', box, shapes },
      { ...facts, window },
      new Rng(3),
    );
  };
  const moved = ([height, ...others]: readonly AxisWindow[], first: number, last: number) => {
    const inputsOf: AxisWindow['inputsOf'] = (outputs) => {
      const inputs = height.inputsOf(outputs);
      return inputs && [inputs[0] + first, inputs[1] + last];
    };
    return [{ ...height, inputsOf }, ...others];
  };
  test('the right one is not', async () => {
    await withBackend('float64', () => expect(check((right) => right)).toEqual([]));
  });
  test.each<[string, (right: PositionWindow) => InputWindow]>([
    ['one row too many at the start', (w) => ({ ...w, axes: moved(w.axes, -1, 0) })],
    ['one row too few at the end', (w) => ({ ...w, axes: moved(w.axes, 0, -1) })],
    ['one row too many at the end', (w) => ({ ...w, axes: moved(w.axes, 0, 1) })],
    ['no padding', (w) => ({ ...w, axes: moved(w.axes, 1, 1) })],
    ['one group', (w) => ({ ...w, channels: groupedChannels(2, 4) })],
    ['a channel by itself', (w) => ({ ...w, channels: samePosition })],
    ['global', () => 'global'],
    ['elementwise', () => 'elementwise'],
  ])('%s', async (_, change) => {
    await withBackend('float64', () => expect(check(change)).not.toEqual([]));
  });
});
