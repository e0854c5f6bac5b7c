import type { Rank, Variable } from '@tensorflow/tfjs-core';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Conv3D } from '../../modules/conv3d.ts';
import { ConvTranspose2D } from '../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { Linear } from '../../modules/linear.ts';
import { LocallyConnected1D } from '../../modules/locallyConnected1d.ts';
import { LocallyConnected2D } from '../../modules/locallyConnected2d.ts';
import { axisGeometry, convGeometry, type Axis, type PaddingMode } from '../../lib/geometry.ts';
import { numElements } from '../../lib/shapes.ts';
import { volumeGeometry } from '../../lib/volume.ts';
import { paddedInput } from './borders.ts';
import { onnxExporter, type OnnxExporter } from './exporter.ts';
import type { Given, OnnxGraph, Value } from './graph.ts';

/**
 * The exporters of the filtering boxes. A kernel [height, width, in, out] of boxprop is
 * [out, in, height, width] in ONNX.
 */
export const FILTERS: readonly OnnxExporter[] = [
  onnxExporter(Linear, (graph, { params: { weight, bias } }, input) => {
    const inputs = [input.name, graph.weight(weight), ...biasOf(graph, bias)];
    return { name: graph.node('Gemm', inputs, { transB: 1 }), channels: 'last' };
  }),

  onnxExporter(Conv2D, (graph, box, input) => {
    const { height, width } = convGeometry(box, input.shape[1], input.shape[2], box);
    const filters = graph.weight(box.params.weight, [3, 2, 0, 1]);
    return convolve(graph, input, filters, box.params.bias, [height, width], box);
  }),

  onnxExporter(Conv3D, (graph, box, input) => {
    const { depth, height, width } = volumeGeometry(box, input.shape.slice(1), box);
    const filters = graph.weight(box.params.weight, [4, 3, 0, 1, 2]);
    const zeros = { paddingMode: 'zeros', groups: box.groups } as const;
    return convolve(graph, input, filters, box.params.bias, [depth, height, width], zeros);
  }),

  onnxExporter(DepthwiseConv2D, (graph, box, input) => {
    const { height, width } = convGeometry(box, input.shape[1], input.shape[2], box);
    const { weight, bias } = box.params;
    const dims = [box.channels * box.multiplier, 1, height.kernel, width.kernel];
    const filters = graph.weight(weight, [2, 3, 0, 1], dims);
    return convolve(graph, input, filters, bias, [height, width], { ...box, groups: box.channels });
  }),

  onnxExporter(Conv1D, (graph, box, input) => {
    const axis = axisGeometry(
      input.shape[1],
      box.kernelSize,
      box.stride,
      box.dilation,
      box.padding,
    );
    return convolve(
      graph,
      input,
      graph.weight(box.params.weight, [2, 1, 0]),
      box.params.bias,
      [axis],
      box,
    );
  }),

  onnxExporter(ConvTranspose2D, (graph, box, input) => {
    const { padding, stride, dilation, groups, outputPadding, kernelSize, outChannels } = box;
    const { weight, bias } = box.params;
    // onnxruntime does not accept an output padding that is the stride or more. Along such an axis,
    // the uncut kernels are added, and a Pad node, which can also cut, makes the output from the
    // sum.
    const isUncut = outputPadding.map((cells, axis) => cells >= stride[axis]);
    const isFramed = isUncut.includes(true);
    const pads = padding.map((cells, axis) => (isUncut[axis] ? 0 : cells));
    const filters = graph.weight(weight, [3, 2, 0, 1]);
    const own = isFramed ? [] : biasOf(graph, bias);
    const sum = graph.node('ConvTranspose', [graph.with('first', input).name, filters, ...own], {
      kernel_shape: [...kernelSize],
      strides: [...stride],
      pads: [...pads, ...pads],
      dilations: [...dilation],
      output_padding: outputPadding.map((cells, axis) => (isUncut[axis] ? 0 : cells)),
      group: groups,
    });
    if (!isFramed) return { name: sum, channels: 'first' };
    const before = padding.map((cells, axis) => (isUncut[axis] ? -cells : 0));
    const after = padding.map((cells, axis) => (isUncut[axis] ? outputPadding[axis] - cells : 0));
    const cells = graph.integers([0, 0, ...before, 0, 0, ...after]);
    const spread = graph.node('Pad', [sum, cells], { mode: 'constant' });
    if (bias === undefined) return { name: spread, channels: 'first' };
    const shift = graph.weight(bias, undefined, [outChannels, 1, 1]);
    return { name: graph.node('Add', [spread, shift]), channels: 'first' };
  }),

  onnxExporter(LocallyConnected2D, (graph, { geometry: { height, width }, params }, input) =>
    locallyConnected(graph, input, params, [height, width]),
  ),

  onnxExporter(LocallyConnected1D, (graph, { geometry: { width }, params }, input) =>
    locallyConnected(graph, input, params, [width]),
  ),
];

function biasOf(graph: OnnxGraph, bias: Variable | undefined): string[] {
  return bias === undefined ? [] : [graph.weight(bias)];
}

function convolve(
  graph: OnnxGraph,
  input: Value,
  filters: string,
  bias: Variable | undefined,
  axes: readonly Axis[],
  { paddingMode, groups }: { readonly paddingMode: PaddingMode; readonly groups: number },
): Given {
  const zeros = paddingMode === 'zeros';
  const first = graph.with('first', input);
  const images = zeros ? first : paddedInput(graph, first, axes, paddingMode);
  const attributes = {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    group: groups,
    ...(zeros && { pads: padsOf(axes) }),
  };
  const inputs = [images.name, filters, ...biasOf(graph, bias)];
  return { name: graph.node('Conv', inputs, attributes), channels: 'first' };
}

/**
 * Returns the pads in the order of ONNX: first the numbers of cells before each axis, then those
 * after each axis.
 */
export function padsOf(axes: readonly Axis[]): number[] {
  return [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)];
}

/**
 * Adds the nodes of a locally connected layer, which has one matrix per position. They slice the
 * input once per kernel cell, concatenate the slices to [positions, N, cells · C], and multiply the
 * result by [positions, cells · C, out].
 */
function locallyConnected(
  graph: OnnxGraph,
  input: Value,
  { weight, bias }: { readonly weight: Variable; readonly bias?: Variable<Rank> },
  axes: readonly Axis[],
): Given {
  const last = graph.with('last', input);
  const padded = axes.some(({ before, after }) => before + after > 0)
    ? paddedInput(graph, last, axes, 'zeros')
    : last;
  const channels = input.shape[input.shape.length - 1];
  const kernelCells = axes.reduce<number[][]>(
    (cells, { kernel }) =>
      cells.flatMap((cell) => Array.from({ length: kernel }, (_, offset) => [...cell, offset])),
    [[]],
  );
  const cut = kernelCells.map((offsets) => {
    const ends = axes.map(({ output, stride }, i) => offsets[i] + (output - 1) * stride + 1);
    return graph.node('Slice', [
      padded.name,
      graph.integers(offsets),
      graph.integers(ends),
      graph.integers(axes.map((_, i) => 1 + i)),
      graph.integers(axes.map(({ stride }) => stride)),
    ]);
  });
  const places = numElements(axes.map(({ output }) => output));
  const out = weight.shape[weight.rank - 1];
  const cells = kernelCells.length * channels;
  const windows = graph.node('Concat', cut, { axis: axes.length + 1 });
  const rows = graph.node('Reshape', [windows, graph.integers([0, places, cells])]);
  const perPlace = graph.node('Transpose', [rows], { perm: [1, 0, 2] });
  const filters = graph.weight(weight, undefined, [places, cells, out]);
  const product = graph.node('MatMul', [perPlace, filters]);
  const perExample = graph.node('Transpose', [product], { perm: [1, 0, 2] });
  const sizes = [0, ...axes.map(({ output }) => output), out];
  const images = graph.node('Reshape', [perExample, graph.integers(sizes)]);
  const name = bias === undefined ? images : graph.node('Add', [images, graph.weight(bias)]);
  return { name, channels: 'last' };
}
