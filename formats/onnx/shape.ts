import { ChannelShuffle } from '../../modules/channelShuffle.ts';
import { Concat } from '../../modules/concat.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Gather } from '../../modules/gather.ts';
import { MatMul } from '../../modules/matMul.ts';
import { Max } from '../../modules/max.ts';
import { Permute } from '../../modules/permute.ts';
import { Pad2D } from '../../modules/pad2d.ts';
import { PadChannels } from '../../modules/historic/padChannels.ts';
import { PixelShuffle } from '../../modules/pixelShuffle.ts';
import { Product } from '../../modules/product.ts';
import { Reshape } from '../../modules/reshape.ts';
import { Slice } from '../../modules/slice.ts';
import { Sum } from '../../modules/sum.ts';
import { Upsample2D } from '../../modules/upsample2d.ts';
import { paddedInput } from './borders.ts';
import { onnxExporter, type OnnxExporter } from './exporter.ts';
import { channelAxis, type Given, type OnnxGraph, type Value } from './graph.ts';

/** The exporters of the boxes that change a shape or merge several tensors. */
export const SHAPE: readonly OnnxExporter[] = [
  onnxExporter(Flatten, (graph, _box, input) => {
    const last = isMap(input) ? graph.with('last', input) : input;
    return { name: graph.node('Flatten', [last.name]), channels: 'last' };
  }),

  onnxExporter(Reshape, (graph, { sizes }, input) => {
    const { name } = graph.with('last', input);
    return { name: graph.node('Reshape', [name, graph.integers([0, ...sizes])]), channels: 'last' };
  }),

  onnxExporter(Permute, (graph, { axes }, input) => {
    const { name } = graph.with('last', input);
    return { name: graph.node('Transpose', [name], { perm: [0, ...axes] }), channels: 'last' };
  }),

  onnxExporter(Pad2D, (graph, { padding, mode, value }, input) => {
    const axes = padding.map(([before, after], i) => ({
      input: input.shape[1 + i],
      before,
      after,
    }));
    return paddedInput(graph, input, axes, mode, value);
  }),

  onnxExporter(PadChannels, (graph, { more }, input) => {
    const rank = input.shape.length;
    const pads = new Array<number>(2 * rank).fill(0);
    pads[rank + channelAxis(input)] = more;
    return { ...input, name: graph.node('Pad', [input.name, graph.integers(pads)]) };
  }),

  onnxExporter(Upsample2D, (graph, { scaleFactor, interpolation, alignCorners }, input) => {
    const first = graph.with('first', input);
    const inputs = [first.name, '', graph.floats([1, 1, ...scaleFactor], [4])];
    const nearest = {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    };
    const linear = {
      mode: 'linear',
      coordinate_transformation_mode: alignCorners ? 'align_corners' : 'half_pixel',
    };
    return {
      ...first,
      name: graph.node('Resize', inputs, interpolation === 'nearest' ? nearest : linear),
    };
  }),

  onnxExporter(PixelShuffle, (graph, { upscaleFactor }, input) => {
    const first = graph.with('first', input);
    const attributes = { blocksize: upscaleFactor, mode: 'CRD' };
    return { ...first, name: graph.node('DepthToSpace', [first.name], attributes) };
  }),

  onnxExporter(ChannelShuffle, (graph, { groups }, input) => {
    const axis = channelAxis(input);
    const channels = input.shape[input.shape.length - 1];
    const positions = input.shape.slice(1, -1);
    const withChannels = (...sizes: number[]) =>
      graph.integers(axis === 1 ? [0, ...sizes, ...positions] : [0, ...positions, ...sizes]);
    const perm = Array.from({ length: input.shape.length + 1 }, (_, k) => k);
    [perm[axis], perm[axis + 1]] = [axis + 1, axis];
    const apart = graph.node('Reshape', [input.name, withChannels(groups, channels / groups)]);
    const turned = graph.node('Transpose', [apart], { perm });
    return { ...input, name: graph.node('Reshape', [turned, withChannels(channels)]) };
  }),

  onnxExporter(Slice, (graph, box, input) => {
    const { axis, size } = axisIn(input, box.axis);
    const { begin, end = size, step } = box;
    const bounds = [[begin], [end], [axis], [step]].map((list) => graph.integers(list));
    return { ...input, name: graph.node('Slice', [input.name, ...bounds]) };
  }),

  onnxExporter(Gather, (graph, box, input) => {
    const { axis } = axisIn(input, box.axis);
    const indices = graph.integers(box.indices);
    return { ...input, name: graph.node('Gather', [input.name, indices], { axis }) };
  }),

  onnxExporter(MatMul, (graph, _box, _first, inputs) => {
    const factors = inputs.map((input) => graph.with('last', input));
    return { ...factors[0], name: graph.node('MatMul', namesOf(factors)) };
  }),

  onnxExporter(Concat, (graph, _box, _first, inputs) => {
    const values = alike(graph, inputs);
    const axis = channelAxis(values[0]);
    return { ...values[0], name: graph.node('Concat', namesOf(values), { axis }) };
  }),
  onnxExporter(Sum, (graph, _box, _first, inputs) => merge(graph, 'Add', inputs)),
  onnxExporter(Product, (graph, _box, _first, inputs) => merge(graph, 'Mul', inputs)),
  onnxExporter(Max, (graph, _box, _first, inputs) => merge(graph, 'Max', inputs)),
];

/**
 * Returns whether moving the channels to the front changes the order of the elements. It does not
 * if there is only one channel or one pixel.
 */
function isMap({ shape }: Value): boolean {
  return shape[shape.length - 1] > 1 && shape.slice(1, -1).some((size) => size > 1);
}

/**
 * Returns the index of an axis of a box in the file, where the channels may come first, and its
 * size.
 */
function axisIn({ shape, channels }: Value, axis: number): { axis: number; size: number } {
  const rank = shape.length;
  const own = axis < 0 ? rank + axis : axis;
  const size = shape[own];
  if (channels === 'last' || rank < 3) return { axis: own, size };
  return { axis: own === rank - 1 ? 1 : own + 1, size };
}

/** If one of the values has its channels first, converts all of them to this order. */
function alike(graph: OnnxGraph, inputs: readonly Value[]): Value[] {
  const order = inputs.some(({ channels }) => channels === 'first') ? 'first' : 'last';
  return inputs.map((input) => graph.with(order, input));
}

const namesOf = (values: readonly Value[]) => values.map(({ name }) => name);

function merge(graph: OnnxGraph, op: 'Add' | 'Mul' | 'Max', inputs: readonly Value[]): Given {
  const [first, ...others] = alike(graph, inputs);
  return others.reduce<Given>((a, b) => ({ ...a, name: graph.node(op, [a.name, b.name]) }), first);
}
