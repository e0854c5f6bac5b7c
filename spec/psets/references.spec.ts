import { tensor1d, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import * as boxprop from '../../index.ts';
import {
  constant,
  Euclidean,
  init,
  Rng,
  SoftmaxCrossEntropy,
  withBackend,
  type Module,
} from '../../index.ts';
import { close, flatten } from '../../psets/grader/values.ts';
import { nudged } from '../../psets/grader/ownForward.ts';
import { applied, argumentsOf, type Args, type Value } from '../../psets/grader/pset.ts';
import { psets } from '../../psets/index.ts';

/**
 * Compares the reference solutions with the boxes, and their gradients with finite differences of
 * their forward functions.
 */

const CASES = 24;
const drawn = (name: string): Args[] => {
  const pset = psets.find((one) => one.name === name);
  if (pset === undefined) throw new Error(name);
  return Array.from({ length: CASES }, (_, k) => pset.draw(new Rng(9).fold(k), k).args);
};
const ask = (name: string, task: string, args: Args): number[] => {
  const pset = psets.find((one) => one.name === name);
  const found = pset?.tasks.find((one) => one.name === task);
  if (pset === undefined || found === undefined) throw new Error(`${name}.${task}`);
  return flatten(applied(pset.solution[task], argumentsOf(found, args)));
};
const numbersOf = (value: Value) => flatten(value);
const list = (value: Value) => value as number[];
const rows = (value: Value) => value as number[][];
const signal = (x: Value) => constant<Rank.R3>(list(x), [1, list(x).length, 1]);
const matrix = (x: Value) => constant<Rank.R2>(numbersOf(x), [rows(x).length, rows(x)[0].length]);
const out = (box: Module, input: Tensor, training = false) => {
  const { output } = box.forward(input, { mode: training ? 'training' : 'inference' });
  return [...output.dataSync()];
};
const window = (box: Module, of: Value) =>
  out(box, constant<Rank.R4>(list(of), [1, 1, list(of).length, 1]));
/** The Gaussian window of the boxes, with 2p + 1 cells. */
const gaussian = (p: number) => {
  const size = 2 * p + 1;
  return Array.from({ length: size }, (_, m) => Math.exp(-((m - p) ** 2) / (2 * (size / 4) ** 2)));
};

const BY_BOXES: Record<string, Record<string, (args: Args) => number[] | undefined>> = {
  linear: {
    forward: ({ x, W, b }) => {
      const box = new boxprop.Linear(rows(W)[0].length, rows(W).length, {
        init: init.values(rows(W)),
      });
      box.params.bias?.assign(constant<Rank.R1>(list(b), [list(b).length]));
      return out(box, matrix(x));
    },
  },
  pointwise: {
    forward: ({ x, kind }) => {
      const { ReLU, Abs, Tanh, Sigmoid } = boxprop;
      const boxes: Record<string, Module> = {
        relu: new ReLU(),
        abs: new Abs(),
        tanh: new Tanh(),
        sigmoid: new Sigmoid(),
      };
      return out(boxes[kind as string], signal(x));
    },
  },
  euclidean: {
    forward: ({ x, y }) => [...new Euclidean().forward(matrix(x), matrix(y)).loss.dataSync()],
  },
  'backprop-example': {
    output: ({ x, V, w }) => {
      const { Linear, Sequential, Tanh } = boxprop;
      const [I, J] = [list(x).length, list(w).length];
      const layers = [new Linear(I, J, { bias: false, init: init.values(rows(V)) }), new Tanh()];
      const last = new Linear(J, 1, { bias: false, init: init.values(list(w)) });
      return out(new Sequential([...layers, last]), constant<Rank.R2>(list(x), [1, I]));
    },
  },
  convolution: {
    forward: ({ x, w, boundary }) => {
      const options = { padding: 'same', bias: false, init: init.values(list(w)) } as const;
      const paddingMode = boundary as 'zeros' | 'replicate' | 'reflect' | 'circular';
      return out(new boxprop.Conv1D(1, 1, list(w).length, { ...options, paddingMode }), signal(x));
    },
  },
  'max-pooling': {
    forward: ({ x, K, S }) =>
      out(new boxprop.MaxPool1D(Number(K), { stride: Number(S) }), signal(x)),
    // For an even window the box pads both ends equally, which differs from the problem set.
    forwardSame: ({ x, K }) =>
      Number(K) % 2 === 0
        ? undefined
        : out(new boxprop.MaxPool1D(Number(K), { stride: 1, padding: 'same' }), signal(x)),
    backpropSameToInput: ({ x, gradSame, K }) => {
      if (Number(K) % 2 === 0) return undefined;
      const box = new boxprop.MaxPool1D(Number(K), { stride: 1, padding: 'same' });
      return [...box.backpropToInput(signal(gradSame), box.forward(signal(x)).cache).dataSync()];
    },
  },
  softmax: {
    forward: ({ x }) => out(new boxprop.Softmax(), constant<Rank.R2>(list(x), [1, list(x).length])),
    crossEntropy: ({ x, t }) => {
      const scores = constant<Rank.R2>(list(x), [1, list(x).length]);
      return [
        ...new SoftmaxCrossEntropy()
          .forward(scores, tensor1d([Number(t)], 'int32'))
          .loss.dataSync(),
      ];
    },
  },
  'batch-norm': {
    forward: ({ x, gamma, beta, eps }) => {
      const box = new boxprop.BatchNorm(1, { eps: Number(eps) });
      box.params.weight?.assign(constant<Rank.R1>([Number(gamma)], [1]));
      box.params.bias?.assign(constant<Rank.R1>([Number(beta)], [1]));
      return out(box, constant<Rank.R2>(list(x), [list(x).length, 1]), true);
    },
  },
  prelu: {
    forward: ({ x, a }) =>
      out(new boxprop.PReLU(list(a).length, { init: init.values(list(a)) }), matrix(x)),
  },
  'contrast-norm': {
    subtractive: ({ x, w }) =>
      window(new boxprop.SubtractiveNorm2D(1, { kernelSize: [1, list(w).length] }), x),
    divisive: ({ v, w }) =>
      window(new boxprop.DivisiveNorm2D(1, { kernelSize: [1, list(w).length] }), v),
  },
  dropout: { inference: ({ x, p }) => out(new boxprop.Dropout({ p: Number(p) }), signal(x)) },
};

test('every pset is listed here', () => {
  expect(Object.keys(BY_BOXES)).toEqual(psets.map(({ name }) => name));
});

test.each(Object.keys(BY_BOXES))('%s computes the same as its box', async (name) => {
  await withBackend('float64', () => {
    for (const [task, byBox] of Object.entries(BY_BOXES[name])) {
      let compared = 0;
      for (const args of drawn(name)) {
        // The windows of the boxes are always Gaussian.
        const own =
          name === 'contrast-norm' ? { ...args, w: gaussian((list(args.w).length - 1) / 2) } : args;
        const expected = byBox(own);
        if (expected === undefined) continue;
        compared++;
        expect([task, own, close(ask(name, task, own), expected)]).toEqual([task, own, true]);
      }
      expect(compared).toBeGreaterThan(5);
    }
  });
});

test('dropout drops and scales like its box', async () => {
  await withBackend('float64', () => {
    const x = new Rng(1).normals(50);
    const box = new boxprop.Dropout({ p: 0.3 });
    const { output } = box.forward(constant<Rank.R2>(x, [1, 50]), {
      mode: 'training',
      rng: new Rng(2),
    });
    const values = [...output.dataSync()];
    const u = values.map((v) => (v === 0 ? 0 : 0.3));
    expect(new Set(u).size).toBe(2);
    expect(close(ask('dropout', 'forward', { x: [...x], u, p: 0.3 }), values)).toBe(true);
  });
});

describe.each(psets)('$name', (pset) => {
  const gradients = pset.tasks.flatMap((task) =>
    task.gradientOf === undefined ? [] : [{ task, of: task.gradientOf }],
  );

  test.each(gradients.map(({ task, of }) => [task.name, of] as const))(
    '%s is the gradient of its forward',
    (name, { task, argument, cost }) => {
      let compared = 0;
      for (let k = 0; k < CASES; k++) {
        const { args, smooth } = pset.draw(new Rng(9).fold(k), k);
        if (!smooth) continue;
        const gradient = ask(pset.name, name, args);
        const at = (i: number, by: number) =>
          ask(pset.name, task, { ...args, [argument]: nudged(args[argument], i, by) });
        // The two variants of max-pooling have output gradients of different lengths.
        const weights =
          cost === true
            ? [1]
            : flatten(
                args[
                  at(0, 0).length === flatten(args.gradOutput).length ? 'gradOutput' : 'gradSame'
                ],
              );
        const numeric = gradient.map((_, i) => {
          const [up, down] = [at(i, 1e-5), at(i, -1e-5)];
          return up.reduce((sum, v, j) => sum + weights[j] * (v - down[j]), 0) / 2e-5;
        });
        expect([args, close(gradient, numeric, 1e-6)]).toEqual([args, true]);
        compared += gradient.length;
      }
      expect(compared).toBeGreaterThan(10);
    },
  );
});
