import { tidy, transpose } from '@tensorflow/tfjs-core';
import { Abs } from '../../modules/historic/abs.ts';
import { Affine } from '../../modules/historic/affine.ts';
import { CCell } from '../../modules/historic/cCell.ts';
import { RBF } from '../../modules/historic/rbf.ts';
import { ScaledTanh } from '../../modules/historic/scaledTanh.ts';
import { SCell } from '../../modules/historic/sCell.ts';
import { TableConv2D } from '../../modules/historic/tableConv2d.ts';
import { convGeometry, type Geometry } from '../../lib/geometry.ts';
import { onnxExporter, type OnnxExporter } from './exporter.ts';
import { padsOf } from './filters.ts';
import { perChannel, type OnnxGraph, type Value } from './graph.ts';

const ONE = [1, 1] as const;

/**
 * The exporters of the boxes of the LeNets and of the neocognitron. Most of these boxes need
 * several operators.
 */
export const LECTURE: readonly OnnxExporter[] = [
  onnxExporter(Abs, (graph, _box, input) => ({ ...input, name: graph.node('Abs', [input.name]) })),

  onnxExporter(ScaledTanh, (graph, { amplitude, slope }, input) => {
    const squashed = graph.node('Tanh', [graph.node('Mul', [input.name, graph.floats([slope])])]);
    return { ...input, name: graph.node('Mul', [squashed, graph.floats([amplitude])]) };
  }),

  onnxExporter(Affine, (graph, { params: { weight, bias }, features }, input) => {
    const dims = perChannel(input, features);
    const scaled = graph.node('Mul', [input.name, graph.weight(weight, undefined, dims)]);
    if (bias === undefined) return { ...input, name: scaled };
    return { ...input, name: graph.node('Add', [scaled, graph.weight(bias, undefined, dims)]) };
  }),

  onnxExporter(RBF, (graph, { params, buffers, inFeatures, outFeatures }, input) => {
    const centers = params.centers ?? buffers.centers;
    if (centers === undefined) throw new Error('an RBF without centres');
    const rows = graph.node('Unsqueeze', [input.name, graph.integers([1])]);
    const apart = graph.node('Sub', [
      rows,
      graph.weight(centers, undefined, [outFeatures, inFeatures]),
    ]);
    const distances = graph.node('ReduceSumSquare', [apart], { axes: [2], keepdims: 0 });
    return { name: graph.node('Neg', [distances]), channels: 'last' };
  }),

  // It is exported as a full convolution whose weights are 0 between channels that are not
  // connected.
  onnxExporter(TableConv2D, (graph, box, input) => {
    const geometry = convGeometry(box, input.shape[1], input.shape[2], { ...box, dilation: ONE });
    const filters = tidy(() => graph.tensor(transpose(box.filters(), [3, 2, 0, 1])));
    const { bias } = box.params;
    return {
      name: conv(graph, input, filters, geometry, 1, bias && graph.weight(bias)),
      channels: 'first',
    };
  }),

  onnxExporter(SCell, (graph, box, input) => {
    const { r, params } = box;
    const geometry = convGeometry(box, input.shape[1], input.shape[2], { ...box, dilation: ONE });
    const excitation = conv(graph, input, graph.weight(params.weight, [3, 2, 0, 1]), geometry, 1);
    const squares = { ...input, name: graph.node('Mul', [input.name, input.name]) };
    const window = tidy(() => graph.tensor(transpose(box.window(), [3, 2, 0, 1])));
    const inhibitor = graph.node('Sqrt', [conv(graph, squares, window, geometry, 1)]);
    const share = graph.node('Mul', [
      graph.weight(params.inhibition, undefined, [box.planes, 1, 1]),
      graph.floats([(2 * r) / (1 + r)]),
    ]);
    const inhibition = graph.node('Mul', [share, inhibitor]);
    const excess = overOnePlus(graph, excitation, inhibition);
    const name = graph.node('Mul', [graph.node('Relu', [excess]), graph.floats([r])]);
    return { name, channels: 'first' };
  }),

  onnxExporter(CCell, (graph, box, input) => {
    const geometry = convGeometry(box, input.shape[1], input.shape[2], { ...box, dilation: ONE });
    const window = tidy(() => graph.tensor(transpose(box.window(), [2, 3, 0, 1])));
    const gathered = conv(graph, input, window, geometry, box.planes);
    const mean = graph.node('ReduceMean', [gathered], { axes: [1], keepdims: 1 });
    const positive = graph.node('Relu', [overOnePlus(graph, gathered, mean)]);
    const below = graph.node('Add', [positive, graph.floats([box.alpha])]);
    return { name: graph.node('Div', [positive, below]), channels: 'first' };
  }),
];

function conv(
  graph: OnnxGraph,
  input: Value,
  filters: string,
  { height, width }: Geometry,
  groups: number,
  bias?: string,
): string {
  const inputs = [graph.with('first', input).name, filters, ...(bias === undefined ? [] : [bias])];
  return graph.node('Conv', inputs, {
    kernel_shape: [height.kernel, width.kernel],
    strides: [height.stride, width.stride],
    pads: padsOf([height, width]),
    group: groups,
  });
}

/** Adds the nodes for (1 + e)/(1 + h) − 1 = (e − h)/(1 + h). */
function overOnePlus(graph: OnnxGraph, e: string, h: string): string {
  const below = graph.node('Add', [h, graph.floats([1])]);
  return graph.node('Div', [graph.node('Sub', [e, h]), below]);
}
