import { BatchNorm } from '../../modules/batchNorm.ts';
import { ContrastNorm2D } from '../../modules/contrastNorm2d.ts';
import { DivisiveNorm2D } from '../../modules/divisiveNorm2d.ts';
import { GroupNorm } from '../../modules/groupNorm.ts';
import { InstanceNorm } from '../../modules/instanceNorm.ts';
import { LayerNorm } from '../../modules/layerNorm.ts';
import { LocalResponseNorm } from '../../modules/localResponseNorm.ts';
import { SubtractiveNorm2D } from '../../modules/subtractiveNorm2d.ts';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Gaussian } from '../../lib/gaussian.ts';
import { localWindow } from '../../lib/kernels/normalize/localMean.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { onnxExporter, type OnnxExporter } from './exporter.ts';
import { perChannel, type Given, type OnnxGraph, type Value } from './graph.ts';

/** The exporters of the normalizations, in inference mode. */
export const NORMALIZATION: readonly OnnxExporter[] = [
  onnxExporter(BatchNorm, (graph, { params, buffers, features, eps }, input) => {
    const first = graph.with('first', input);
    const inputs = [
      first.name,
      scaleOf(graph, params.weight, features),
      shiftOf(graph, params.bias, features),
      graph.weight(buffers.runningMean),
      graph.weight(buffers.runningVar),
    ];
    return {
      ...first,
      name: graph.node('BatchNormalization', inputs, { epsilon: { float: eps } }),
    };
  }),

  onnxExporter(LayerNorm, (graph, { params, shape, eps }, input) => {
    const last = graph.with('last', input);
    const size = shape.reduce((product, length) => product * length, 1);
    const scale =
      params.weight === undefined
        ? graph.floats(new Float32Array(size).fill(1), shape)
        : graph.weight(params.weight);
    const inputs = [
      last.name,
      scale,
      ...(params.bias === undefined ? [] : [graph.weight(params.bias)]),
    ];
    const attributes = { axis: -shape.length, epsilon: { float: eps } };
    return { ...last, name: graph.node('LayerNormalization', inputs, attributes) };
  }),

  onnxExporter(InstanceNorm, (graph, { params, channels, eps }, input) => {
    const first = graph.with('first', input);
    const affine = [scaleOf(graph, params.weight, channels), shiftOf(graph, params.bias, channels)];
    const attributes = { epsilon: { float: eps } };
    return {
      ...first,
      name: graph.node('InstanceNormalization', [first.name, ...affine], attributes),
    };
  }),

  // InstanceNormalization normalizes each channel, so each group is reshaped to one channel.
  onnxExporter(GroupNorm, (graph, { params, groups, channels, eps }, input) => {
    const first = graph.with('first', input);
    const apart = graph.node('Reshape', [first.name, graph.integers([0, groups, -1])]);
    const unscaled = [scaleOf(graph, undefined, groups), shiftOf(graph, undefined, groups)];
    const attributes = { epsilon: { float: eps } };
    const normalized = graph.node('InstanceNormalization', [apart, ...unscaled], attributes);
    const sizes = [0, channels, ...first.shape.slice(1, -1)];
    const name = graph.node('Reshape', [normalized, graph.integers(sizes)]);
    const { weight, bias } = params;
    if (weight === undefined || bias === undefined) return { ...first, name };
    const dims = perChannel(first, channels);
    const scaled = graph.node('Mul', [name, graph.weight(weight, undefined, dims)]);
    return { ...first, name: graph.node('Add', [scaled, graph.weight(bias, undefined, dims)]) };
  }),

  onnxExporter(LocalResponseNorm, (graph, { size, alpha, beta, k }, input) => {
    // ONNX's LRN accepts only images. For an even size, its window has the extra channel on the
    // opposite side.
    if (input.shape.length === 4 && size % 2 === 1) {
      const first = graph.with('first', input);
      const attributes = {
        size,
        alpha: { float: alpha },
        beta: { float: beta },
        bias: { float: k },
      };
      return { ...first, name: graph.node('LRN', [first.name], attributes) };
    }
    const last = graph.with('last', input);
    const channels = last.shape[last.shape.length - 1];
    const squares = graph.node('Mul', [last.name, last.name]);
    const sums = graph.node('MatMul', [squares, band(graph, channels, size, alpha / size)]);
    const base = graph.node('Add', [sums, graph.floats([k])]);
    const damping = graph.node('Pow', [base, graph.floats([-beta])]);
    return { ...last, name: graph.node('Mul', [last.name, damping]) };
  }),

  onnxExporter(SubtractiveNorm2D, (graph, { gaussian }, input) =>
    subtractive(graph, gaussian, input),
  ),

  onnxExporter(DivisiveNorm2D, (graph, box, input) => divisive(graph, box, input)),

  onnxExporter(ContrastNorm2D, (graph, box, input) => {
    const centered = { ...input, ...subtractive(graph, box.subtractive.gaussian, input) };
    return divisive(graph, box.divisive, centered);
  }),
];

function scaleOf(graph: OnnxGraph, weight: Variable | undefined, size: number): string {
  return weight === undefined
    ? graph.floats(new Float32Array(size).fill(1), [size])
    : graph.weight(weight);
}

function shiftOf(graph: OnnxGraph, bias: Variable | undefined, size: number): string {
  return bias === undefined ? graph.floats(new Float32Array(size), [size]) : graph.weight(bias);
}

/**
 * Adds a constant matrix to the graph. Column c has `value` at the channels of the window around c,
 * which are c − ⌊size/2⌋ to c + ⌈size/2⌉ − 1, and 0 elsewhere.
 */
function band(graph: OnnxGraph, channels: number, size: number, value: number): string {
  const matrix = new Float32Array(channels * channels);
  for (let c = 0; c < channels; c++) {
    const [from, to] = [c - Math.floor(size / 2), c + Math.ceil(size / 2) - 1];
    for (let j = Math.max(from, 0); j <= Math.min(to, channels - 1); j++)
      matrix[j * channels + c] = value;
  }
  return graph.floats(matrix, [channels, channels]);
}

function subtractive(graph: OnnxGraph, gaussian: Gaussian, input: Value): Given {
  const first = graph.with('first', input);
  return { ...first, name: graph.node('Sub', [first.name, localMean(graph, gaussian, first)]) };
}

function divisive(
  graph: OnnxGraph,
  { gaussian, threshold }: { readonly gaussian: Gaussian; readonly threshold: number },
  input: Value,
): Given {
  const first = graph.with('first', input);
  const squares = { ...first, name: graph.node('Mul', [first.name, first.name]) };
  const sigma = graph.node('Sqrt', [localMean(graph, gaussian, squares)]);
  const mean = graph.node('ReduceMean', [sigma], { axes: [2, 3], keepdims: 1 });
  const floor = graph.node('Max', [mean, graph.floats([threshold])]);
  const divisor = graph.node('Max', [sigma, floor]);
  return { ...first, name: graph.node('Div', [first.name, divisor]) };
}

/**
 * Adds nodes for the mean over all channels and a Gaussian window. The mean is R U Cᵀ, where U is
 * the mean of the maps, and R and C are the windows along rows and columns, as in
 * `lib/kernels/normalize/localMean.ts`.
 */
function localMean(graph: OnnxGraph, gaussian: Gaussian, first: Value): string {
  const [, height, width] = first.shape;
  const window = localWindow(height, width, gaussian);
  const map = graph.node('ReduceMean', [first.name], { axes: [1], keepdims: 1 });
  const columns = graph.node('Transpose', [graph.tensor(window.columns)], { perm: [1, 0] });
  const means = graph.node('MatMul', [
    graph.tensor(window.rows),
    graph.node('MatMul', [map, columns]),
  ]);
  disposeTensors(window);
  return means;
}
