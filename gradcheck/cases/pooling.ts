import type { Tensor } from '@tensorflow/tfjs-core';
import type { Padding, Padding1D } from '../../lib/geometry.ts';
import type { Padding3D, Three } from '../../lib/volume.ts';
import { constant } from '../../lib/constant.ts';
import { numElements } from '../../lib/shapes.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { AdaptiveMaxPool2D } from '../../modules/adaptiveMaxPool2d.ts';
import { AvgPool1D } from '../../modules/avgPool1d.ts';
import { AvgPool3D } from '../../modules/avgPool3d.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { GlobalAvgPool2D } from '../../modules/globalAvgPool2d.ts';
import { GlobalMaxPool2D } from '../../modules/globalMaxPool2d.ts';
import { LPPool2D } from '../../modules/lpPool2d.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Identity } from '../../modules/identity.ts';
import { Maxout } from '../../modules/maxout.ts';
import { MaxPool1D } from '../../modules/maxPool1d.ts';
import { MaxPool3D } from '../../modules/maxPool3d.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { MaxUnpool2D } from '../../modules/maxUnpool2d.ts';
import { SumPool2D } from '../../modules/sumPool2d.ts';
import { Upsample2D } from '../../modules/upsample2d.ts';
import { describeCase, type CheckedModule, type Case, type Cases, type Draw } from '../case.ts';

type Two = [number, number];

function caseOf(args: readonly unknown[], box: CheckedModule, input: Tensor): Case {
  return { config: describeCase(box.constructor.name, args, input.shape), box, input };
}

/**
 * Draws windows that overlap, touch or leave gaps, and the shape of an image that they do not
 * always cover completely.
 */
function windows(draw: Draw) {
  const kernel: Two = [draw.integer(1, 3), draw.integer(1, 3)];
  const stride: Two = [draw.integer(1, 4), draw.integer(1, 4)];
  const shape = [
    draw.integer(1, 2),
    kernel[0] + draw.integer(0, 4),
    kernel[1] + draw.integer(0, 4),
    draw.integer(1, 3),
  ];
  return { kernel, stride, shape };
}

/** Draws padding of any kind, up to half the kernel. */
function padding(draw: Draw, kernel: Two): Padding {
  const half: Two = [Math.floor(kernel[0] / 2), Math.floor(kernel[1] / 2)];
  return draw.pick<Padding>('valid', 'same', half, Math.min(...half));
}

/** Draws windows, padding and a shape along one axis. */
function windows1D(draw: Draw) {
  const kernel = draw.integer(1, 5);
  const stride = draw.integer(1, 5);
  const padding = draw.pick<Padding1D>('valid', 'same', Math.floor(kernel / 2));
  const shape = [draw.integer(1, 3), kernel + draw.integer(0, 6), draw.integer(1, 3)];
  return { kernel, options: { stride, padding, ceilMode: draw.chance(0.5) }, shape };
}

/** Draws windows, padding and a shape of volumes with few cells. */
function windows3D(draw: Draw) {
  const three = (of: (k: number) => number): Three => [of(0), of(1), of(2)];
  const kernel = three(() => draw.integer(1, 3));
  const half = three((k) => Math.floor(kernel[k] / 2));
  const options = {
    stride: three(() => draw.integer(1, 3)),
    padding: draw.pick<Padding3D>('valid', 'same', half, Math.min(...half)),
    ceilMode: draw.chance(0.5),
  };
  const volume = kernel.map((size) => size + draw.integer(0, 2));
  const shape = [draw.integer(1, 2), ...volume, draw.integer(1, 2)];
  return { kernel, options, shape };
}

/** Draws the number of windows that cover an image, and the shape of the image. */
function covering(draw: Draw) {
  const size: Two = [draw.integer(1, 4), draw.integer(1, 4)];
  const shape = [draw.integer(1, 2), draw.integer(1, 6), draw.integer(1, 6), draw.integer(1, 2)];
  return { size, shape };
}

/** The cases of pooling, maxout and upsampling. */
export const cases: Cases = {
  MaxPool1D: (draw) => {
    const { kernel, options, shape } = windows1D(draw);
    return caseOf([kernel, options], new MaxPool1D(kernel, options), draw.wellSeparated(shape));
  },
  MaxPool2D: (draw) => {
    const { kernel, stride, shape } = windows(draw);
    const options = { stride, padding: padding(draw, kernel), ceilMode: draw.chance(0.5) };
    if (draw.chance(0.6)) {
      const box = new MaxPool2D(kernel, options);
      return caseOf([kernel, options], box, draw.wellSeparated(shape));
    }
    const dilation: Two = [draw.integer(1, 3), draw.integer(1, 3)];
    const reach: Two = [dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1];
    const [batch, , , channels] = shape;
    const large = [batch, reach[0] + draw.integer(0, 2), reach[1] + draw.integer(0, 2), channels];
    const dilated = { ...options, dilation };
    const box = new MaxPool2D(kernel, dilated);
    return caseOf([kernel, dilated], box, draw.wellSeparated(large));
  },
  // The second input also reaches the second output, because its gradient from the box is 0.
  MaxUnpool2D: (draw) => {
    const { kernel, shape } = windows(draw);
    const stride: Two = [kernel[0] + draw.integer(0, 1), kernel[1] + draw.integer(0, 1)];
    const options = { stride, padding: padding(draw, kernel) };
    const box = new MaxUnpool2D(kernel, options);
    const large = draw.wellSeparated(shape);
    const small = new MaxPool2D(kernel, options).facts([shape]).outputShape;
    const graph = new Graph({
      inputs: ['small', 'large'],
      nodes: [
        ['unpool', box, ['small', 'large']],
        ['same', new Identity(), 'large'],
      ],
      outputs: ['unpool', 'same'],
    });
    const input = [draw.normal(small ?? []), large];
    return { config: describeCase('MaxUnpool2D', [kernel, options], shape), box: graph, input };
  },
  MaxPool3D: (draw) => {
    const { kernel, options, shape } = windows3D(draw);
    return caseOf([kernel, options], new MaxPool3D(kernel, options), draw.wellSeparated(shape));
  },
  AvgPool3D: (draw) => {
    const { kernel, shape, ...drawn } = windows3D(draw);
    const options = { ...drawn.options, countIncludePad: draw.chance(0.5) };
    return caseOf([kernel, options], new AvgPool3D(kernel, options), draw.normal(shape));
  },
  AvgPool1D: (draw) => {
    const { kernel, shape, ...drawn } = windows1D(draw);
    const options = { ...drawn.options, countIncludePad: draw.chance(0.5) };
    return caseOf([kernel, options], new AvgPool1D(kernel, options), draw.normal(shape));
  },
  AvgPool2D: (draw) => {
    const { kernel, stride, shape } = windows(draw);
    const options = {
      stride,
      padding: padding(draw, kernel),
      ceilMode: draw.chance(0.5),
      countIncludePad: draw.chance(0.5),
    };
    return caseOf([kernel, options], new AvgPool2D(kernel, options), draw.normal(shape));
  },
  SumPool2D: (draw) => {
    const { kernel, stride, shape } = windows(draw);
    const options = { stride, padding: padding(draw, kernel), ceilMode: draw.chance(0.5) };
    return caseOf([kernel, options], new SumPool2D(kernel, options), draw.normal(shape));
  },
  LPPool2D: (draw) => {
    const { kernel, stride, shape } = windows(draw);
    const options = { stride, ceilMode: draw.chance(0.5) };
    const p = draw.pick(1, 2, 3, 4, 5, 2.5);
    // Sums of powers must be far from 0, because the root is steep near 0. So the signs are random
    // for an even p, equal within a channel for an odd p, and positive for a fractional p.
    const channels = Array.from({ length: shape[3] }, () => draw.pick(-1, 1));
    const values = draw.rng.uniforms(numElements(shape), 0.4, 1.6);
    const sign = (i: number) =>
      p === 2.5 ? 1 : p % 2 === 0 ? draw.pick(-1, 1) : channels[i % shape[3]];
    const input = constant(
      values.map((value, i) => value * sign(i)),
      shape,
    );
    return caseOf([p, kernel, options], new LPPool2D(p, kernel, options), input);
  },
  GlobalAvgPool2D: (draw) => {
    const shape = [draw.integer(1, 3), draw.integer(1, 4), draw.integer(1, 4), draw.integer(1, 3)];
    return caseOf([], new GlobalAvgPool2D(), draw.normal(shape));
  },
  GlobalMaxPool2D: (draw) => {
    const shape = [draw.integer(1, 3), draw.integer(1, 4), draw.integer(1, 4), draw.integer(1, 3)];
    return caseOf([], new GlobalMaxPool2D(), draw.wellSeparated(shape));
  },
  AdaptiveAvgPool2D: (draw) => {
    const { size, shape } = covering(draw);
    return caseOf([size], new AdaptiveAvgPool2D(size), draw.normal(shape));
  },
  AdaptiveMaxPool2D: (draw) => {
    const { size, shape } = covering(draw);
    return caseOf([size], new AdaptiveMaxPool2D(size), draw.wellSeparated(shape));
  },
  Maxout: (draw) => {
    const pieces = draw.integer(1, 5);
    const leading = Array.from({ length: draw.integer(0, 3) }, () => draw.integer(1, 3));
    const shape = [...leading, pieces * draw.integer(1, 4)];
    return caseOf([pieces], new Maxout(pieces), draw.wellSeparated(shape));
  },
  Upsample2D: (draw) => {
    const factor = () => draw.pick(1, 2, 3, 1.5, 2.3, 0.6);
    const mode = draw.pick<'nearest' | 'bilinear'>('nearest', 'bilinear');
    const options = {
      scaleFactor: [factor(), factor()] as const,
      mode,
      alignCorners: mode === 'bilinear' && draw.chance(0.5),
    };
    const shape = [draw.integer(1, 2), draw.integer(2, 5), draw.integer(2, 4), draw.integer(1, 2)];
    return caseOf([options], new Upsample2D(options), draw.normal(shape));
  },
};
