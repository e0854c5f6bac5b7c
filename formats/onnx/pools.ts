import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { AdaptiveMaxPool2D } from '../../modules/adaptiveMaxPool2d.ts';
import { AvgPool1D } from '../../modules/avgPool1d.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { AvgPool3D } from '../../modules/avgPool3d.ts';
import { GlobalAvgPool2D } from '../../modules/globalAvgPool2d.ts';
import { GlobalMaxPool2D } from '../../modules/globalMaxPool2d.ts';
import { LPPool2D } from '../../modules/lpPool2d.ts';
import { Maxout } from '../../modules/maxout.ts';
import { MaxPool1D } from '../../modules/maxPool1d.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { MaxPool3D } from '../../modules/maxPool3d.ts';
import { MaxUnpool2D } from '../../modules/maxUnpool2d.ts';
import { SumPool2D } from '../../modules/sumPool2d.ts';
import { axisGeometry, convGeometry, type Axis } from '../../lib/geometry.ts';
import { numElements } from '../../lib/shapes.ts';
import { volumeGeometry } from '../../lib/volume.ts';
import type { AxisMap } from '../../lib/kernels/pad/axisMap.ts';
import { coverAxis } from '../../lib/kernels/pool/windowCells.ts';
import {
  windowMeans,
  windowsThatCover,
  windowSumsFilledUp,
} from '../../lib/kernels/pool/windowMap.ts';
import { paddedInput } from './borders.ts';
import { onnxExporter, type OnnxExporter } from './exporter.ts';
import { padsOf } from './filters.ts';
import { channelAxis, type Given, type OnnxGraph, type Value } from './graph.ts';
import type { Attribute } from './proto.ts';

const ONE = [1, 1] as const;

/**
 * The exporters of the pools. With `ceilMode`, the last window may extend beyond the padding. The
 * cells there are exported as additional padding at the end. The boxes never count these cells.
 */
export const POOLS: readonly OnnxExporter[] = [
  onnxExporter(MaxPool2D, (graph, box, input) => {
    const { height, width } = convGeometry(box, input.shape[1], input.shape[2], box);
    const axes = [height, width];
    const attributes = { dilations: box.dilation };
    if (axes.every(({ kernel, before, after }) => Math.max(before, after) < kernel)) {
      return pool(graph, 'MaxPool', input, axes, attributes);
    }
    // onnxruntime refuses padding as wide as the kernel, which dilation may need.
    const padded = paddedInput(graph, input, axes, 'zeros', -Infinity);
    const inside = axes.map((axis) => ({ ...axis, before: 0, after: 0 }));
    return pool(graph, 'MaxPool', padded, inside, attributes);
  }),

  // ONNX's operator takes the indices of the winners, so they are computed from the pool's input.
  onnxExporter(MaxUnpool2D, (graph, box, small, [, large]) => {
    const options = { ...box, dilation: ONE };
    const { height, width } = convGeometry(box, large.shape[1], large.shape[2], options);
    const axes = [height, width];
    const attributes = {
      kernel_shape: axes.map(({ kernel }) => kernel),
      strides: axes.map(({ stride }) => stride),
      pads: padsOf(axes),
    };
    const z = graph.with('first', large).name;
    const [, winners] = graph.nodeOf(2, 'MaxPool', [z], attributes);
    const inputs = [graph.with('first', small).name, winners, graph.node('Shape', [z])];
    return { name: graph.node('MaxUnpool', inputs, attributes), channels: 'first' };
  }),

  onnxExporter(MaxPool1D, (graph, box, input) => {
    const { kernelSize, stride, padding, ceilMode } = box;
    return pool(graph, 'MaxPool', input, [
      axisGeometry(input.shape[1], kernelSize, stride, 1, padding, ceilMode),
    ]);
  }),

  onnxExporter(MaxPool3D, (graph, box, input) => {
    const { depth, height, width } = volumeGeometry(box, input.shape.slice(1), box);
    return pool(graph, 'MaxPool', input, [depth, height, width]);
  }),

  onnxExporter(AvgPool3D, (graph, box, input) => {
    const { depth, height, width } = volumeGeometry(box, input.shape.slice(1), box);
    return average(graph, input, [depth, height, width], box.countIncludePad);
  }),

  onnxExporter(AvgPool2D, (graph, box, input) => {
    const { height, width } = convGeometry(box, input.shape[1], input.shape[2], {
      ...box,
      dilation: ONE,
    });
    return average(graph, input, [height, width], box.countIncludePad);
  }),

  onnxExporter(AvgPool1D, (graph, box, input) => {
    const { kernelSize, stride, padding, ceilMode } = box;
    const axis = axisGeometry(input.shape[1], kernelSize, stride, 1, padding, ceilMode);
    return average(graph, input, [axis], box.countIncludePad);
  }),

  onnxExporter(SumPool2D, (graph, box, input) => {
    const { height, width } = convGeometry(box, input.shape[1], input.shape[2], {
      ...box,
      dilation: ONE,
    });
    return scaledMeans(graph, input, [height, width], ({ output, kernel }) =>
      new Array<number>(output).fill(kernel),
    );
  }),

  onnxExporter(LPPool2D, (graph, box, input) => {
    const p = box.normType;
    const options = { ...box, dilation: ONE, padding: 'valid' } as const;
    const { height, width } = convGeometry(box, input.shape[1], input.shape[2], options);
    const first = graph.with('first', input);
    const powers = { ...first, name: graph.node('Pow', [first.name, graph.floats([p])]) };
    const s = scaledMeans(graph, powers, [height, width], (axis) =>
      windowSumsFilledUp(axis).rows.map(({ weights }) => axis.kernel * weights[0]),
    );
    const root = graph.node('Pow', [graph.node('Abs', [s.name]), graph.floats([1 / p])]);
    return { ...s, name: graph.node('Mul', [graph.node('Sign', [s.name]), root]) };
  }),

  onnxExporter(GlobalAvgPool2D, (graph, _box, input) => {
    if (input.channels === 'last') {
      const name = graph.node('ReduceMean', [input.name], { axes: [1, 2], keepdims: 0 });
      return { name, channels: 'last' };
    }
    const means = graph.node('GlobalAveragePool', [input.name]);
    return { name: graph.node('Flatten', [means]), channels: 'last' };
  }),

  onnxExporter(AdaptiveAvgPool2D, (graph, { outputSize }, input) => {
    const [height, width] = [0, 1].map((i) => windowsThatCover(input.shape[1 + i], outputSize[i]));
    const sides = [height, width].map(({ input: size, rows }) => size / rows.length);
    const first = graph.with('first', input);
    if (sides.every((size) => size === 1)) return first;
    if (sides.every((size) => Number.isInteger(size))) {
      const name = graph.node('AveragePool', [first.name], { kernel_shape: sides, strides: sides });
      return { name, channels: 'first' };
    }
    return { name: mapped(graph, first, height, width), channels: 'first' };
  }),

  onnxExporter(GlobalMaxPool2D, (graph, _box, input) => {
    if (input.channels === 'last') {
      const name = graph.node('ReduceMax', [input.name], { axes: [1, 2], keepdims: 0 });
      return { name, channels: 'last' };
    }
    const maxima = graph.node('GlobalMaxPool', [input.name]);
    return { name: graph.node('Flatten', [maxima]), channels: 'last' };
  }),

  onnxExporter(AdaptiveMaxPool2D, (graph, { outputSize }, input) => {
    const covered = outputSize.map((size, i) => coverAxis(input.shape[1 + i], size));
    const first = graph.with('first', input);
    const name = covered.reduce((from, { cells }, i) => {
      if (cells === undefined) return from;
      const indices = graph.integers(cells.rows.map((row) => row.first));
      return graph.node('Gather', [from, indices], { axis: 2 + i });
    }, first.name);
    const axes = covered.map(({ axis }) => axis);
    return pool(graph, 'MaxPool', { ...first, name }, axes);
  }),

  onnxExporter(Maxout, (graph, { pieces }, input) => {
    const axis = channelAxis(input);
    const sizes =
      input.channels === 'first' ? [0, ...input.shape.slice(2)] : [0, ...input.shape.slice(1, -1)];
    sizes.splice(axis, 0, input.shape[input.shape.length - 1] / pieces, pieces);
    const apart = graph.node('Reshape', [input.name, graph.integers(sizes)]);
    const name = graph.node('ReduceMax', [apart], { axes: [axis + 1], keepdims: 0 });
    return { name, channels: input.channels };
  }),
];

function pool(
  graph: OnnxGraph,
  op: 'MaxPool' | 'AveragePool',
  input: Value,
  axes: readonly Axis[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Given {
  const name = graph.node(op, [graph.with('first', input).name], {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    pads: padsOf(axes),
    ...attributes,
  });
  return { name, channels: 'first' };
}

function average(
  graph: OnnxGraph,
  input: Value,
  axes: readonly Axis[],
  countPadding: boolean,
): Given {
  if (!countPadding) return pool(graph, 'AveragePool', input, axes);
  if (axes.every(({ overhang = 0 }) => overhang === 0)) {
    return pool(graph, 'AveragePool', input, axes, { count_include_pad: 1 });
  }
  // Cells beyond the padding do not count in the mean.
  return scaledMeans(graph, input, axes, (axis) =>
    windowMeans(axis, true).rows.map(({ weights }) => axis.kernel * weights[0]),
  );
}

/**
 * Adds nodes for the mean of each window over zero padding, multiplied by one factor per row and
 * one per column.
 */
function scaledMeans(
  graph: OnnxGraph,
  input: Value,
  axes: readonly Axis[],
  factorsOf: (axis: Axis) => readonly number[],
): Given {
  const means = pool(graph, 'AveragePool', input, axes, { count_include_pad: 1 });
  const name = axes.reduce((from, axis, i) => {
    const factors = factorsOf(axis);
    if (factors.every((factor) => factor === 1)) return from;
    const dims = axes.map((_, other) => (other === i ? factors.length : 1));
    return graph.node('Mul', [from, graph.floats(factors, dims)]);
  }, means.name);
  return { ...means, name };
}

/**
 * Adds nodes for R X Cᵀ for each channel X. The rows of R and C are windows over the rows and
 * columns of X.
 */
function mapped(graph: OnnxGraph, first: Value, height: AxisMap, width: AxisMap): string {
  const alongRows = graph.node('MatMul', [first.name, matrix(graph, width, true)]);
  return graph.node('MatMul', [matrix(graph, height, false), alongRows]);
}

function matrix(graph: OnnxGraph, { input, rows }: AxisMap, transposed: boolean): string {
  const values = new Float32Array(numElements([input, rows.length]));
  rows.forEach(({ first, weights }, row) => {
    weights.forEach((weight, k) => {
      values[transposed ? (first + k) * rows.length + row : row * input + first + k] = weight;
    });
  });
  return graph.floats(values, transposed ? [input, rows.length] : [rows.length, input]);
}
