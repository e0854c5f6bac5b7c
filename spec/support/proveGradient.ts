import type { Tensor } from '@tensorflow/tfjs-core';
import { constant, disposeTensors, Rng, withBackend } from '../../index.ts';
import type { CheckedModule } from '../../gradcheck/case.ts';
import { gradcheck, type Result } from '../../gradcheck/index.ts';
import { GradcheckTarget } from '../../gradcheck/target.ts';
import type { Narrow } from './scaledNetworks.ts';

export const CLASSES = 3;
const SEED = 0;
const context = () => ({ mode: 'training', rng: new Rng(3) }) as const;

export interface Proof {
  readonly wrong: readonly Result[];
  /**
   * The number of coordinates that were compared, and the number that the parameters and the input
   * have.
   */
  readonly checked: number;
  readonly coordinates: number;
}

/**
 * Compares every coordinate of a network's gradient with a finite difference of its forward pass.
 * The network runs in training mode.
 */
export function proveGradient({ build, narrow, cancelled }: Narrow): Promise<Proof> {
  const { width, inputShape, batch } = narrow;
  return withBackend('float64', async () => {
    const { box, input } = generic(
      (seed) => build({ rng: new Rng(seed), width, inputShape, classes: CLASSES }),
      [batch, ...inputShape],
      cancelled,
    );
    const { results } = await gradcheck(box, { input, context: context(), seed: SEED });
    const gradients = results.filter(({ tensor }) => tensor !== 'output');
    const sizes = Object.values(box.params).map(({ size }) => size);
    const proof = {
      wrong: results.filter(({ tensor, pass, message = '' }) => {
        const isZero =
          message.startsWith('vacuous') && cancelled?.test(tensor.replace('param:', ''));
        return !pass && !isZero;
      }),
      checked: gradients.reduce((total, { checked }) => total + checked, 0),
      coordinates: sizes.reduce((total, size) => total + size, input.size),
    };
    box.dispose();
    input.dispose();
    return proof;
  });
}

/**
 * Returns the first network of the seeds 1, 2, ..., with an input, in which every parameter has a
 * gradient, except those that are `cancelled`. Biases are positive, because layers of one or two channels are often dead otherwise.
 * The last biases of residual bodies are negative: if the stream were positive everywhere, its
 * ReLUs would be linear, and the following batch norms would cancel any shift.
 */
function generic(
  build: (seed: number) => CheckedModule,
  shape: readonly [number, number, number, number],
  cancelled: RegExp | undefined,
): { box: CheckedModule; input: Tensor } {
  for (let seed = 1; seed <= 50; seed++) {
    const box = build(seed);
    const rng = new Rng(seed);
    for (const [name, param] of Object.entries(box.params)) {
      if (!name.endsWith('bias')) continue;
      const [low, high] = rangeOf(name, box);
      param.assign(constant(rng.uniforms(param.size, low, high), [param.size]));
    }
    const input = constant(rng.normals(shape.reduce((a, b) => a * b)), [...shape]);
    if (isAlive(box, input, cancelled)) return { box, input };
    box.dispose();
    input.dispose();
  }
  throw new Error('no network without a dead layer among fifty');
}

/**
 * Returns whether every parameter has a gradient at the point where `gradcheck` computes it. That
 * point can differ from the given one, because `gradcheck` moves constant tensors, such as those of
 * one element.
 */
function isAlive(box: CheckedModule, input: Tensor, cancelled?: RegExp): boolean {
  const params = Object.values(box.params).map((param) => [param, param.clone()] as const);
  const rng = new Rng(SEED);
  const subject = new GradcheckTarget({ config: '', box, input, context: context() });
  subject.moveEqualParams(rng);
  const gradOutput = rng.normals(subject.outputs().length);
  const gradients = Object.entries(subject.gradients(gradOutput)).filter(
    ([tensor]) => !cancelled?.test(tensor.replace('param:', '')),
  );
  for (const [param, value] of params) param.assign(value);
  disposeTensors(params.map(([, value]) => value));
  // Terms that cancel leave a rounding error of about 1e-13.
  return gradients.every(([, { values }]) => values.some((value) => Math.abs(value) > 1e-6));
}

function rangeOf(name: string, { params }: CheckedModule): readonly [number, number] {
  // The shift must be lower here, because a max pool passes only the largest of nine values on.
  if (name === 'bn1.bias') return [-2, -1];
  const last =
    name.endsWith('bn3.bias') ||
    (name.endsWith('bn2.bias') && !(name.replace('bn2', 'bn3') in params));
  return last && name.includes('.residual.body.') ? [-0.6, 0] : [0.5, 1.5];
}
