/** The cases of the boxes of older networks. */
import type { Padding, Pair } from '../../lib/geometry.ts';
import { zeros } from '../../lib/init/initializers.ts';
import { constant } from '../../lib/constant.ts';
import { Abs } from '../../modules/historic/abs.ts';
import { Affine } from '../../modules/historic/affine.ts';
import { CCell } from '../../modules/historic/cCell.ts';
import { RBF } from '../../modules/historic/rbf.ts';
import { ScaledTanh } from '../../modules/historic/scaledTanh.ts';
import { SCell } from '../../modules/historic/sCell.ts';
import { TableConv2D } from '../../modules/historic/tableConv2d.ts';
import { numElements } from '../../lib/shapes.ts';
import type { Cases, Draw } from '../case.ts';
import { assign } from '../target.ts';

function anyShape(draw: Draw): number[] {
  return Array.from({ length: draw.integer(1, 4) }, () => draw.integer(2, 3));
}

/**
 * Draws images of positive pixels, with at least `least` pixels per side. They are the inputs of a
 * neocognitron.
 */
function activity(
  draw: Draw,
  channels: number,
  least: number,
): [shape: number[], input: ReturnType<typeof constant>] {
  const shape = [
    draw.integer(1, 2),
    draw.integer(least, least + 2),
    draw.integer(least, least + 1),
    channels,
  ];
  return [shape, constant(draw.rng.uniforms(numElements(shape), 0.1, 1.5), shape)];
}

/** The cases of the boxes in modules/historic. */
export const cases: Cases = {
  Abs: (draw) => {
    const shape = anyShape(draw);
    return {
      config: `Abs() on [${shape.join(', ')}]`,
      box: new Abs(),
      input: draw.wellSeparated(shape),
    };
  },
  ScaledTanh: (draw) => {
    const shape = anyShape(draw);
    const options = draw.pick(
      {},
      { amplitude: draw.pick(0.7, 2) },
      { amplitude: 1, slope: draw.pick(0.4, 1.3) },
    );
    const config = `ScaledTanh(${JSON.stringify(options)}) on [${shape.join(', ')}]`;
    return { config, box: new ScaledTanh(options), input: draw.normal(shape) };
  },
  Affine: (draw) => {
    const shape = [draw.integer(1, 3), ...anyShape(draw)];
    const bias = draw.chance(0.7);
    const features = shape[shape.length - 1];
    const config = `Affine(${features}, bias ${bias}) on [${shape.join(', ')}]`;
    return { config, box: new Affine(features, { bias }), input: draw.normal(shape) };
  },
  RBF: (draw) => {
    const [batch, features, centers] = [draw.integer(1, 3), draw.integer(1, 5), draw.integer(1, 4)];
    const learned = draw.chance(0.5);
    const box = new RBF(
      Array.from({ length: centers }, () => [...draw.rng.normals(features)]),
      { learned },
    );
    const config = `RBF(${centers} centres, learned ${learned}) on [${batch}, ${features}]`;
    return { config, box, input: draw.normal([batch, features]) };
  },
  TableConv2D: (draw) => {
    const { rng } = draw;
    const inChannels = draw.integer(1, 4);
    const table = Array.from({ length: draw.integer(1, 4) }, () => {
      return [...rng.permutation(inChannels).subarray(0, draw.integer(1, inChannels))];
    });
    const kernelSize = draw.pick<Pair>(1, 2, 3, [3, 1], [2, 3]);
    const options = {
      stride: draw.pick<Pair>(1, 2, [2, 1], [1, 3]),
      padding: draw.pick<Padding>('valid', 1, [0, 1], 'same'),
      bias: draw.chance(0.7),
    };
    const shape = [draw.integer(1, 2), draw.integer(3, 4), draw.integer(3, 5), inChannels];
    const config = `TableConv2D(${inChannels}, ${JSON.stringify(table)}, ${JSON.stringify(kernelSize)}, ${JSON.stringify(options)})`;
    return {
      config: `${config} on [${shape.join(', ')}]`,
      box: new TableConv2D(inChannels, table, kernelSize, { ...options, rng }),
      input: draw.normal(shape),
    };
  },
  SCell: (draw) => {
    const [inPlanes, planes] = [draw.integer(1, 3), draw.integer(1, 3)];
    const kernelSize = draw.pick<Pair>(1, 2, 3, [3, 2]);
    const options = {
      r: draw.pick(0.8, 1.5, 4),
      decay: draw.pick(0.6, 0.9),
      stride: draw.pick<Pair>(1, 2, [2, 1], [1, 3]),
      padding: draw.pick<Padding>('valid', 1, [0, 1], 'same'),
    };
    const [shape, input] = activity(draw, inPlanes, 3);
    const box = new SCell(inPlanes, planes, kernelSize, { ...options, init: zeros });
    // The inhibition silences some cells. It is never negative, because a negative inhibition would
    // excite them.
    assign(box.params.inhibition, draw.rng.uniforms(planes, 0.8, 1.2));
    // One plane is excited everywhere, so that not all gradients are 0.
    assign(box.params.weight, excitation(box.params.weight.shape, draw));
    const config = `SCell(${inPlanes}, ${planes}, ${JSON.stringify(kernelSize)}, ${JSON.stringify(options)})`;
    return { config: `${config} on [${shape.join(', ')}]`, box, input };
  },
  CCell: (draw) => {
    const planes = draw.integer(2, 4);
    const kernelSize = draw.pick<Pair>(1, 2, 3, [3, 2]);
    const options = {
      alpha: draw.pick(0.3, 0.5, 1),
      decay: draw.pick(0.6, 0.9),
      total: draw.pick(1, 3, 8),
      stride: draw.pick<Pair>(1, 2, [2, 1], [1, 3]),
      padding: draw.pick<Padding>('valid', 1, [0, 1], 'same'),
    };
    const [shape, input] = activity(draw, planes, 3);
    const config = `CCell(${planes}, ${JSON.stringify(kernelSize)}, ${JSON.stringify(options)})`;
    return {
      config: `${config} on [${shape.join(', ')}]`,
      box: new CCell(planes, kernelSize, options),
      input,
    };
  },
};

/** Draws positive weights, with the largest weights for the first plane. */
function excitation(shape: readonly number[], { rng }: Draw): Float64Array {
  const planes = shape[3];
  return Float64Array.from(
    { length: numElements(shape) },
    (_, at) => (at % planes === 0 ? 3 : 0.5) + rng.uniform(),
  );
}
