import { tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import * as boxprop from '../../index.ts';
import type { CaseMaker, CheckedModule, Draw } from '../../gradcheck/index.ts';
import { checkParity } from '../../gradcheck/parity.ts';
import type { Cost } from '../../lib/cost.ts';
import type { Rng } from '../../lib/rng.ts';
import { numElements } from '../../lib/shapes.ts';

/**
 * Cases as large as the layers of real networks, with values around 0, around 1000, and all equal.
 * A sum of a million values in single precision loses digits that the few dozen values of a random
 * case keep. The numbers of output channels are small, because no sum of a forward pass runs over
 * them, and the reference computes in plain loops.
 */

/** The values of an input, in single precision, so that they are the same in double precision. */
const INPUTS = {
  'around 0': (rng, size) => Float32Array.from(rng.normals(size)),
  'around 1000': (rng, size) => Float32Array.from(rng.normals(size, 1000, 1)),
  'all 1000.3': (_, size) => new Float32Array(size).fill(1000.3),
} satisfies Record<string, (rng: Rng, size: number) => Float32Array>;

/** The name of a kind of input. */
export type InputKind = keyof typeof INPUTS;

/** The kinds of inputs, in the order of the columns of docs/parity.md. */
export const INPUT_KINDS = Object.keys(INPUTS) as InputKind[];

/** A case with its name. */
export interface RealCase {
  /** The name of the box's class. */
  readonly name: string;
  /** The box and the shape of its input, such as `Linear(9216, 64) on [32, 9216]`. */
  readonly config: string;
  /** The number of values of the input. */
  readonly size: number;
  readonly kinds: readonly InputKind[];
  /** The largest relative error that passes. */
  readonly tolerance: number;
  readonly make: (kind: InputKind) => CaseMaker;
}

/** The largest error of a box whose sums are long. */
const TOLERANCE = 1e-5;

/**
 * The largest error of a convolution or a product. Its kernels add up to n = 50,176 terms one after
 * another in single precision, with an error of about 6e-8 √n = 1.3e-5.
 */
const TOLERANCE_OF_PRODUCTS = 2e-5;

const isProduct = (name: string) => /Conv|Linear/.test(name);

function draw({ rng }: Draw, kind: InputKind, shape: readonly number[]): Tensor {
  return tensor(INPUTS[kind](rng, numElements(shape)), [...shape]);
}

function box(
  args: string,
  shape: readonly number[],
  make: (rng: Rng) => CheckedModule,
  kinds = INPUT_KINDS,
): RealCase {
  const name = args.slice(0, args.indexOf('('));
  const config = `${args} on [${shape.join(', ')}]`;
  const caseOf = (kind: InputKind) => (source: Draw) => ({
    config: `${config}, ${kind}`,
    box: make(source.rng),
    input: draw(source, kind, shape),
    context: { mode: 'training' } as const,
  });
  const tolerance = isProduct(name) ? TOLERANCE_OF_PRODUCTS : TOLERANCE;
  return { name, config, size: numElements(shape), kinds, tolerance, make: caseOf };
}

/**
 * @param target draws the target from the shape of the scores; by default, values like those of the
 * scores.
 */
function cost(
  make: () => Cost,
  shape: readonly number[],
  target: (source: Draw, kind: InputKind, shape: readonly number[]) => Tensor = draw,
): RealCase {
  const { name } = make().constructor;
  const config = `${name}() on [${shape.join(', ')}]`;
  const caseOf = (kind: InputKind) => (source: Draw) => ({
    config: `${config}, ${kind}`,
    box: make(),
    input: draw(source, kind, shape),
    target: target(source, kind, shape),
  });
  const size = numElements(shape);
  return { name, config, size, kinds: INPUT_KINDS, tolerance: TOLERANCE, make: caseOf };
}

const labels = ({ rng }: Draw, _: InputKind, [batch, classes]: readonly number[]) =>
  tensor1d(
    Array.from({ length: batch }, () => rng.integer(classes)),
    'int32',
  );
const around0 = (source: Draw, _: InputKind, shape: readonly number[]) =>
  draw(source, 'around 0', shape);
const zeroOrOne = ({ rng }: Draw, _: InputKind, shape: readonly number[]) =>
  tensor(
    Float32Array.from(rng.uniforms(numElements(shape)), (value) => Math.round(value)),
    [...shape],
  );

const SAME = { padding: 'same' } as const;

/** The cases: layers as they occur at the beginning, in the middle and at the end of networks. */
export const REAL_SIZES: readonly RealCase[] = [
  box(
    'Conv2D(3, 4, 7, stride 2)',
    [2, 224, 224, 3],
    (rng) => new boxprop.Conv2D(3, 4, 7, { stride: 2, ...SAME, rng }),
  ),
  box('Conv2D(64, 4, 3)', [2, 56, 56, 64], (rng) => new boxprop.Conv2D(64, 4, 3, { ...SAME, rng })),
  box('Conv2D(512, 4, 1)', [8, 14, 14, 512], (rng) => new boxprop.Conv2D(512, 4, 1, { rng })),
  box(
    'Conv2D(512, 4, 3)',
    [2, 14, 14, 512],
    (rng) => new boxprop.Conv2D(512, 4, 3, { ...SAME, rng }),
  ),
  box('Conv1D(64, 4, 9)', [2, 4096, 64], (rng) => new boxprop.Conv1D(64, 4, 9, { rng })),
  box(
    'ConvTranspose2D(64, 4, 4, stride 2)',
    [2, 28, 28, 64],
    (rng) => new boxprop.ConvTranspose2D(64, 4, 4, { stride: 2, rng }),
  ),
  box(
    'DepthwiseConv2D(32, 3)',
    [1, 112, 112, 32],
    (rng) => new boxprop.DepthwiseConv2D(32, 3, { ...SAME, rng }),
  ),
  box(
    'MaxPool2D(3, stride 2)',
    [2, 112, 112, 16],
    () => new boxprop.MaxPool2D(3, { stride: 2, padding: 1 }),
  ),
  box(
    'AvgPool2D(3, stride 2)',
    [2, 112, 112, 16],
    () => new boxprop.AvgPool2D(3, { stride: 2, padding: 1 }),
  ),
  box('SumPool2D(2)', [2, 112, 112, 16], () => new boxprop.SumPool2D(2)),
  box('LPPool2D(2, 2)', [2, 112, 112, 16], () => new boxprop.LPPool2D(2, 2)),
  box('AdaptiveAvgPool2D(6)', [2, 112, 112, 16], () => new boxprop.AdaptiveAvgPool2D(6)),
  box('GlobalAvgPool2D()', [2, 112, 112, 16], () => new boxprop.GlobalAvgPool2D()),
  box('BatchNorm(1)', [64, 112, 112, 1], () => new boxprop.BatchNorm(1)),
  box('BatchNorm(64)', [2, 56, 56, 64], () => new boxprop.BatchNorm(64)),
  box('LayerNorm([768])', [256, 768], () => new boxprop.LayerNorm([768])),
  box('LayerNorm([112, 112, 16])', [2, 112, 112, 16], () => new boxprop.LayerNorm([112, 112, 16])),
  box('GroupNorm(2, 16)', [2, 112, 112, 16], () => new boxprop.GroupNorm(2, 16)),
  box('InstanceNorm(16)', [2, 112, 112, 16], () => new boxprop.InstanceNorm(16)),
  box(
    'LocalResponseNorm(5)',
    [2, 27, 27, 256],
    () => new boxprop.LocalResponseNorm(5, { alpha: 1e-4, beta: 0.75, k: 2 }),
  ),
  box('SubtractiveNorm2D(3)', [2, 112, 112, 3], () => new boxprop.SubtractiveNorm2D(3)),
  // Far from 0 all standard deviations are almost equal to their mean, where the maximum has a
  // kink. So this box is compared around 0 only.
  box('DivisiveNorm2D(3)', [2, 112, 112, 3], () => new boxprop.DivisiveNorm2D(3), ['around 0']),
  box('ContrastNorm2D(3)', [2, 112, 112, 3], () => new boxprop.ContrastNorm2D(3)),
  box('Linear(9216, 64)', [32, 9216], (rng) => new boxprop.Linear(9216, 64, { rng })),
  box('Linear(16, 8)', [50176, 16], (rng) => new boxprop.Linear(16, 8, { rng })),
  box('Softmax()', [256, 1000], () => new boxprop.Softmax()),
  box('LogSoftmax()', [256, 1000], () => new boxprop.LogSoftmax()),
  cost(() => new boxprop.SoftmaxCrossEntropy(), [256, 1000], labels),
  cost(() => new boxprop.NegativeLogLikelihood(), [256, 1000], labels),
  cost(() => new boxprop.Hinge(), [256, 1000], labels),
  cost(() => new boxprop.BinaryCrossEntropy(), [256, 1000], zeroOrOne),
  cost(() => new boxprop.Euclidean(), [16, 224, 224, 3], around0),
  cost(() => new boxprop.L1(), [4, 224, 224, 3], around0),
  cost(() => new boxprop.Huber(), [4, 224, 224, 3], around0),
  cost(() => new boxprop.Focal(), [256, 1000], zeroOrOne),
  cost(() => new boxprop.CosineDistance(), [256, 1000], around0),
];

/** The outcome of a case on a backend. */
export interface RealResult {
  readonly config: string;
  readonly kind: InputKind;
  /** The largest relative error of the outputs and gradients. */
  readonly maxError: number;
  /** The outputs and gradients that differ too much, and leaks, one line each. */
  readonly failures: readonly string[];
}

/** The options of `compareRealSizes`. */
export interface RealSizesOptions {
  /** The kinds of inputs; all by default. */
  readonly kinds?: readonly InputKind[];
  /** The largest number of input values; any number by default. */
  readonly largest?: number;
}

/** Compares the cases on a backend, which must be in use, with float64. */
export async function compareRealSizes(
  backend: boxprop.BackendName,
  { kinds = INPUT_KINDS, largest = Infinity }: RealSizesOptions = {},
): Promise<RealResult[]> {
  const results: RealResult[] = [];
  for (const kind of kinds) {
    for (const { name, config, make, tolerance, ...item } of REAL_SIZES) {
      if (item.size > largest || !item.kinds.includes(kind)) continue;
      // If all inputs are equal, all outputs may be 0. So their scale is measured at inputs with
      // both signs.
      const options = { tolerance, scalePoints: kind === 'all 1000.3' ? 1 : 0 };
      const compared = await checkParity(name, make(kind), new boxprop.Rng(0), backend, options);
      const failures = compared
        .filter(({ pass }) => !pass)
        .map(({ tensor, message }) => `${config}, ${kind}: ${tensor}: ${message}`);
      const maxError = Math.max(...compared.map((result) => result.maxError));
      results.push({ config, kind, maxError, failures });
    }
  }
  return results;
}
