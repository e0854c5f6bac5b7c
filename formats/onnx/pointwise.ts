import { Arithmetic, type ArithmeticOperation } from '../../modules/arithmetic.ts';
import { Dropout } from '../../modules/dropout.ts';
import { ELU } from '../../modules/elu.ts';
import { GELU } from '../../modules/gelu.ts';
import { HardSigmoid } from '../../modules/hardSigmoid.ts';
import { HardSwish } from '../../modules/hardSwish.ts';
import { HardTanh } from '../../modules/hardTanh.ts';
import { Identity } from '../../modules/identity.ts';
import { LeakyReLU } from '../../modules/leakyRelu.ts';
import { LogSoftmax } from '../../modules/logSoftmax.ts';
import { PReLU } from '../../modules/prelu.ts';
import { ReLU } from '../../modules/relu.ts';
import { ReLU6 } from '../../modules/relu6.ts';
import { SELU } from '../../modules/selu.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { SiLU } from '../../modules/silu.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Softplus } from '../../modules/softplus.ts';
import { SpatialDropout } from '../../modules/spatialDropout.ts';
import { Tanh } from '../../modules/tanh.ts';
import { onnxExporter, type OnnxExporter } from './exporter.ts';
import { channelAxis, perChannel, type Given, type OnnxGraph, type Value } from './graph.ts';
import type { Attribute } from './proto.ts';

/**
 * The exporters of the boxes that work element by element or along the channels. They accept either
 * order of the channels and preserve it.
 */
export const POINTWISE: readonly OnnxExporter[] = [
  onnxExporter(ReLU, (graph, _box, input) => apply(graph, 'Relu', input)),
  onnxExporter(Tanh, (graph, _box, input) => apply(graph, 'Tanh', input)),
  onnxExporter(Sigmoid, (graph, _box, input) => apply(graph, 'Sigmoid', input)),
  onnxExporter(LeakyReLU, (graph, { negativeSlope }, input) =>
    apply(graph, 'LeakyRelu', input, { alpha: { float: negativeSlope } }),
  ),
  onnxExporter(ELU, (graph, { alpha }, input) =>
    apply(graph, 'Elu', input, { alpha: { float: alpha } }),
  ),
  onnxExporter(SELU, (graph, _box, input) =>
    apply(graph, 'Selu', input, { alpha: { float: SELU.alpha }, gamma: { float: SELU.lambda } }),
  ),
  onnxExporter(SiLU, (graph, _box, input) => {
    const gate = graph.node('Sigmoid', [input.name]);
    return { ...input, name: graph.node('Mul', [input.name, gate]) };
  }),
  onnxExporter(HardTanh, (graph, { minValue, maxValue }, input) =>
    clip(graph, input, minValue, maxValue),
  ),
  onnxExporter(ReLU6, (graph, _box, input) => clip(graph, input, 0, 6)),
  onnxExporter(HardSigmoid, (graph, _box, input) =>
    apply(graph, 'HardSigmoid', input, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  ),
  onnxExporter(HardSwish, (graph, _box, input) => apply(graph, 'HardSwish', input)),
  onnxExporter(PReLU, (graph, { params: { weight }, numParameters }, input) => {
    const slope = graph.weight(weight, undefined, perChannel(input, numParameters));
    return { ...input, name: graph.node('PRelu', [input.name, slope]) };
  }),
  onnxExporter(Softplus, (graph, { beta, threshold }, input) => {
    const scaled = graph.node('Mul', [input.name, graph.floats([beta])]);
    const curve = graph.node('Div', [graph.node('Softplus', [scaled]), graph.floats([beta])]);
    const linear = graph.node('Greater', [scaled, graph.floats([threshold])]);
    return { ...input, name: graph.node('Where', [linear, input.name, curve]) };
  }),
  onnxExporter(GELU, (graph, { approximate }, input) => {
    const x = input.name;
    const probability = approximate === 'none' ? normalCdf(graph, x) : tanhCdf(graph, x);
    return { ...input, name: graph.node('Mul', [x, probability]) };
  }),
  onnxExporter(Arithmetic, (graph, { operation, shape, value, params, buffers }, input) => {
    const [op, isFirst] = OPERATORS[operation];
    const own = shape.length > 1 ? graph.with('last', input) : input;
    const dims = shape.length === 1 ? perChannel(own, shape[0]) : shape;
    const fixed = buffers.operand?.dataSync() ?? [value ?? 0];
    const constant = params.operand
      ? graph.weight(params.operand, undefined, dims)
      : graph.floats(fixed, dims);
    const inputs = isFirst ? [constant, own.name] : [own.name, constant];
    return { ...own, name: graph.node(op, inputs) };
  }),
  onnxExporter(Softmax, (graph, _box, input) =>
    apply(graph, 'Softmax', input, { axis: channelAxis(input) }),
  ),
  onnxExporter(LogSoftmax, (graph, _box, input) =>
    apply(graph, 'LogSoftmax', input, { axis: channelAxis(input) }),
  ),
  // In inference, all three of these boxes are the identity.
  onnxExporter(Identity, (_graph, _box, input) => input),
  onnxExporter(Dropout, (_graph, _box, input) => input),
  onnxExporter(SpatialDropout, (_graph, _box, input) => input),
];

/** The operators, and whether the constant is their first input. */
const OPERATORS: Readonly<Record<ArithmeticOperation, readonly [string, boolean]>> = {
  add: ['Add', false],
  subtract: ['Sub', false],
  subtractFrom: ['Sub', true],
  multiply: ['Mul', false],
  divide: ['Div', false],
  divideInto: ['Div', true],
  power: ['Pow', false],
  max: ['Max', false],
  min: ['Min', false],
};

function apply(
  graph: OnnxGraph,
  op: string,
  input: Value,
  attributes: Readonly<Record<string, Attribute>> = {},
): Given {
  return { ...input, name: graph.node(op, [input.name], attributes) };
}

function clip(graph: OnnxGraph, input: Value, min: number, max: number): Given {
  const bounds = [graph.floats([min]), graph.floats([max])];
  return { ...input, name: graph.node('Clip', [input.name, ...bounds]) };
}

/** Adds the nodes for ½ (1 + erf(x/√2)). */
function normalCdf(graph: OnnxGraph, x: string): string {
  const erf = graph.node('Erf', [graph.node('Mul', [x, graph.floats([Math.SQRT1_2])])]);
  return half(graph, erf);
}

/** Adds the nodes for ½ (1 + tanh(√(2/π) (x + 0.044715 x³))). */
function tanhCdf(graph: OnnxGraph, x: string): string {
  const cube = graph.node('Mul', [graph.node('Mul', [x, x]), x]);
  const bent = graph.node('Add', [x, graph.node('Mul', [cube, graph.floats([0.044715])])]);
  return half(
    graph,
    graph.node('Tanh', [graph.node('Mul', [bent, graph.floats([Math.sqrt(2 / Math.PI)])])]),
  );
}

function half(graph: OnnxGraph, y: string): string {
  return graph.node('Mul', [graph.node('Add', [y, graph.floats([1])]), graph.floats([0.5])]);
}
