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
 * Compares the facts that each box declares with its forward and backward passes in inference mode,
 * on the random cases of the gradient check.
 */

const names = Object.keys(cases).filter((name) => !Object.hasOwn(losses, name));

/** Normalizations with statistics over all positions, through which gradients leave the window. */
const STATISTICS = ['LayerNorm', 'GroupNorm', 'InstanceNorm'];

/**
 * Normalizations that divide by the local deviation of the window or by its mean over the image,
 * whichever is larger. One large pixel in the middle makes the local deviation the larger one, so
 * the mean has no influence.
 */
const LARGE_MIDDLE = ['DivisiveNorm2D', 'ContrastNorm2D'];

/**
 * Boxes whose channel depends on the position. A window describes each axis independently of the
 * others, so it may have more channels than an element depends on. The positions must be exact.
 */
const COUPLED = ['PixelShuffle'];

/** Boxes that may need positive inputs, depending on their options. */
const POSITIVE = ['LPPool2D'];

const CASES = 12;

/**
 * The number of examples per case. Many are needed, because a maximum passes the gradient to only
 * one input per example.
 */
const EXAMPLES = 60;

/** The number of output elements that are checked per case. */
const ELEMENTS = 3;

/** A box with the shapes of its inputs. */
interface Target {
  readonly config: string;
  readonly box: AnyModule;
  readonly shapes: readonly Shape[];
}

/** The random cases of a box that takes one tensor or a list of tensors. */
function targets(name: string): Target[] {
  return Array.from({ length: CASES }, (_, k) => k).flatMap((k) => {
    const { box, input, config } = cases[name](new Draw(new Rng(1).fold(k)));
    if (!(box instanceof Module)) return [];
    const inputs = input instanceof Tensor ? [input] : Object.values<Tensor>({ ...input });
    const isGraph = !(input instanceof Tensor) && box.children().length > 0;
    return isGraph ? [] : [{ config, box, shapes: inputs.map((one) => one.shape) }];
  });
}

/** The result of some work, or the message of its BoxpropError. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof BoxpropError) return error.message;
    throw error;
  }
}

/** The output shape of a forward pass of zeros. */
function forwardShape({ box, shapes }: Target): Shape {
  return tidy(() => {
    const inputs = shapes.map((shape) => zeros([...shape]));
    return (box.infer(box.arity === 'list' ? inputs : inputs[0]) as Tensor).shape;
  });
}

/**
 * The input shapes of a target, and variants with another first shape that the box may refuse. A
 * container has no variants, because its `forward` and its `facts` report a mistake at different
 * places.
 */
function variants({ box, shapes }: Target): (readonly Shape[])[] {
  if (box.children().length > 0) return [shapes];
  const [first, ...others] = shapes;
  const wider = first.map((size, axis) => (axis === first.length - 1 ? size + 1 : size));
  const tiny = first.map((size, axis) => (axis === 0 || axis === first.length - 1 ? size : 1));
  return [first, [...first, 1], first.slice(0, -1), wider, tiny].map((shape) => [shape, ...others]);
}

describe('facts state the output shape of forward, and refuse the same shapes with the same message', () => {
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

describe('trainingExamples is the least number of examples that a forward in training accepts', () => {
  test.each(names)('%s', async (name) => {
    await withBackend('float64', () => {
      for (const { box, config, shapes } of targets(name)) {
        const train = (examples: number) =>
          outcome(() => {
            const some = shapes.map(([, ...sizes]) => [examples, ...sizes]);
            const inputs = some.map((shape) => new Rng(5).normals(numElements(shape))).map((values, k) => constant(values, some[k] as [number])); // prettier-ignore
            const context = { mode: 'training', rng: new Rng(0) } as const;
            tidy(() => void box.forward(box.arity === 'list' ? inputs : inputs[0], context));
            return [];
          });
        // A shape without a batch axis has no examples to count.
        if (shapes.some((shape) => shape.length < 2)) continue;
        const stated = box.facts(shapes.map(([, ...sizes]) => [1, ...sizes]));
        const { trainingExamples: least = 1 } = stated;
        expect([config, train(least)]).toEqual([config, []]);
        if (least > 1) expect([config, train(least - 1)]).toEqual([config, expect.any(String)]);
      }
    });
  });
});

describe('noDecay lists the parameters without weight decay, including the bias', () => {
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

/**
 * Random inputs with `EXAMPLES` examples. The pixel at `middle`, if given, is large in all
 * channels.
 */
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

/** Boxes whose axes change places, which a window cannot express. */
const WITHOUT_WINDOW = new Set(['Permute']);

/**
 * Compares the declared window with the gradients of some output elements. The gradient is taken
 * for every second example only, so that gradients in other examples are errors. Returns one line
 * per difference.
 */
function compareWindow(name: string, { box, config, shapes }: Target, facts: Facts, rng: Rng) {
  const differences: string[] = [];
  const { outputShape, window } = facts;
  if (window === undefined && WITHOUT_WINDOW.has(name)) return [];
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
        const isLarger = [...STATISTICS, ...COUPLED].includes(name);
        const exact = (block?: readonly Interval[]) =>
          JSON.stringify(COUPLED.includes(name) ? block?.slice(0, -1) : block);
        const good =
          (!isLarger || contains(declared, reached)) &&
          (STATISTICS.includes(name) || exact(declared) === exact(reached));
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

/** The boxes that declare a window: all boxes except the containers. */
const windowed = names.filter(
  (name) => !['Sequential', 'Residual', 'Branch', 'Graph'].includes(name),
);

function checkWindows(name: string): string[] {
  return targets(name).flatMap((target, k) => {
    // A shape without a batch axis has no examples to compare.
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

describe('at the position itself the gradient stays in the window; other positions are reached through statistics only', () => {
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
  test('the right window passes', async () => {
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
