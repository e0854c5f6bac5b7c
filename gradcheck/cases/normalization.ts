import type { GaussianOptions } from '../../lib/gaussian.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { ContrastNorm2D } from '../../modules/contrastNorm2d.ts';
import { DivisiveNorm2D } from '../../modules/divisiveNorm2d.ts';
import { GroupNorm } from '../../modules/groupNorm.ts';
import { InstanceNorm } from '../../modules/instanceNorm.ts';
import { LayerNorm } from '../../modules/layerNorm.ts';
import { LocalResponseNorm } from '../../modules/localResponseNorm.ts';
import { SubtractiveNorm2D } from '../../modules/subtractiveNorm2d.ts';
import { constant } from '../../lib/constant.ts';
import { numElements } from '../../lib/shapes.ts';
import type { CheckedModule, Case, CaseMaker, Cases, Draw } from '../case.ts';
import { assign } from '../target.ts';

/**
 * Draws the sizes of up to two axes of positions. In total there are at least `least` positions.
 */
function positions(draw: Draw, least: number): number[] {
  return draw.pick<() => number[]>(
    () => (least > 1 ? [draw.integer(least, least + 3)] : []),
    () => [draw.integer(least, least + 3)],
    () => [draw.integer(1, 3), draw.integer(least, least + 1)],
  )();
}

function on(name: string, args: string, box: CheckedModule, draw: Draw, shape: number[]): Case {
  // The inputs have a mean of 0.7. With a mean of 0, a box that forgets to subtract the mean would
  // pass.
  const input = constant(draw.rng.normals(numElements(shape), 0.7, 1), shape);
  return { config: `${name}(${args}) on [${shape.join(', ')}]`, box, input };
}

function epsAndAffine(draw: Draw) {
  return { eps: draw.pick(1e-5, 1e-3, 0.3), affine: draw.chance(0.7) };
}

/** Returns a function that draws cases. In some cases, the windows are larger than the image. */
function contrastCase(
  name: string,
  make: (channels: number, options: GaussianOptions) => CheckedModule,
): CaseMaker {
  return (draw) => {
    const [batch, height, width] = [draw.integer(1, 2), draw.integer(2, 5), draw.integer(2, 5)];
    const channels = draw.integer(2, height * width > 12 ? 2 : 3);
    const kernelSize = draw.pick<number | [number, number]>(3, 5, 7, [3, 5], [5, 1]);
    const options = { kernelSize, ...(draw.chance(0.5) && { sigma: draw.pick(0.8, 1.5) }) };
    const box = make(channels, options);
    return on(name, `${channels}, ${JSON.stringify(options)}`, box, draw, [
      batch,
      height,
      width,
      channels,
    ]);
  };
}

/** The cases of the normalizations. */
export const cases: Cases = {
  SubtractiveNorm2D: contrastCase(
    'SubtractiveNorm2D',
    (n, options) => new SubtractiveNorm2D(n, options),
  ),
  // One of the thresholds is above the standard deviations of some examples.
  DivisiveNorm2D: (draw) => {
    const threshold = draw.pick(1e-4, 1e-4, 1.4);
    const make = (n: number, options: GaussianOptions) =>
      new DivisiveNorm2D(n, { ...options, threshold });
    const item = contrastCase('DivisiveNorm2D', make)(draw);
    return { ...item, config: `${item.config}, threshold ${threshold}` };
  },
  ContrastNorm2D: contrastCase('ContrastNorm2D', (n, options) => new ContrastNorm2D(n, options)),
  LocalResponseNorm: (draw) => {
    const size = draw.integer(1, 6);
    const options = {
      alpha: draw.pick(0.01, 1, 3),
      beta: draw.pick(0.5, 0.75, 1.2),
      k: draw.pick(1, 2, 0.5),
    };
    const box = new LocalResponseNorm(size, options);
    const shape = [draw.integer(1, 3), ...positions(draw, 1), draw.integer(1, 7)];
    return on('LocalResponseNorm', `${size}, ${JSON.stringify(options)}`, box, draw, shape);
  },
  // There are at least three values per feature. Two normalized values are always ±1, and their
  // gradient is almost 0.
  BatchNorm: (draw) => {
    const mode = draw.pick('training', 'inference');
    const features = draw.integer(mode === 'training' ? 1 : 3, 4);
    const options = epsAndAffine(draw);
    const box = new BatchNorm(features, options);
    assign(box.buffers.runningMean, draw.rng.normals(features));
    assign(box.buffers.runningVar, draw.rng.uniforms(features, 0.3, 2));
    const shape = [draw.integer(mode === 'training' ? 3 : 1, 4), ...positions(draw, 1), features];
    const item = on('BatchNorm', `${features}, ${JSON.stringify(options)}`, box, draw, shape);
    return { ...item, config: `${item.config} in ${mode}`, context: { mode } };
  },
  LayerNorm: (draw) => {
    const shape = draw.pick<() => number[]>(
      () => [draw.integer(3, 8)],
      () => [draw.integer(2, 4), draw.integer(2, 4)],
      () => [draw.integer(1, 2), draw.integer(2, 3), draw.integer(2, 3)],
    )();
    const options = epsAndAffine(draw);
    const leading = Array.from({ length: draw.integer(1, 2) }, () => draw.integer(1, 3));
    const args = `[${shape.join(', ')}], ${JSON.stringify(options)}`;
    return on('LayerNorm', args, new LayerNorm(shape, options), draw, [...leading, ...shape]);
  },
  GroupNorm: (draw) => {
    const [groups, width] = [draw.integer(1, 3), draw.integer(1, 3)];
    const channels = groups * width;
    const options = epsAndAffine(draw);
    const shape = [draw.integer(1, 2), ...positions(draw, width < 3 ? 3 : 1), channels];
    const box = new GroupNorm(groups, channels, options);
    return on('GroupNorm', `${groups}, ${channels}, ${JSON.stringify(options)}`, box, draw, shape);
  },
  InstanceNorm: (draw) => {
    const channels = draw.integer(1, 4);
    const options = epsAndAffine(draw);
    const shape = [draw.integer(1, 3), ...positions(draw, 3), channels];
    const box = new InstanceNorm(channels, options);
    return on('InstanceNorm', `${channels}, ${JSON.stringify(options)}`, box, draw, shape);
  },
};
