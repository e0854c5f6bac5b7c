import { checkOptions } from '../../lib/check.ts';
import { withPath } from '../../lib/errors.ts';
import { propagate } from '../../lib/propagate.ts';
import type { AnyModule } from '../../lib/module.ts';
import { factsOf } from '../../lib/shapes.ts';
import type { Shape } from '../../lib/facts.ts';
import { BoxTable } from '../boxTable.ts';
import type { OnnxExporter } from './exporter.ts';
import { FILTERS } from './filters.ts';
import { OnnxGraph, type Value } from './graph.ts';
import { LECTURE } from './lecture.ts';
import { NORMALIZATION } from './normalization.ts';
import { POINTWISE } from './pointwise.ts';
import { POOLS } from './pools.ts';
import type { OnnxModel, OnnxValue } from './proto.ts';
import { SHAPE } from './shape.ts';

/** The exporters of boxprop's own boxes. */
const EXPORTERS: readonly OnnxExporter[] = [
  ...FILTERS,
  ...POOLS,
  ...POINTWISE,
  ...NORMALIZATION,
  ...SHAPE,
  ...LECTURE,
];

/** The names of the classes of boxes that can be exported. */
export const EXPORTED: readonly string[] = new BoxTable(EXPORTERS).names;

/** The options of `toOnnx`. */
export interface OnnxOptions {
  /**
   * The shape of one example, such as `[height, width, channels]`, or a list of shapes if the
   * network takes a list.
   */
  readonly inputShape: readonly number[] | readonly (readonly number[])[];
  /** The name of the graph, `boxprop` by default. */
  readonly name?: string;
  /** Strings that are stored in the file, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Exporters for boxes of your own, or replacements for boxprop's exporters; see `onnxExporter`.
   */
  readonly exporters?: readonly OnnxExporter[];
}

/**
 * Exports a network in inference mode as an ONNX model with operator set 17. Its input is named
 * `input` and its output `output`, or `input0`, `output0` and so on if there are several. The first
 * axis, the batch, may have any size. Inputs and outputs have boxprop's layout: images are
 * [N, H, W, C]. Inside the model, images have their channels first, as ONNX's convolutions require.
 *
 * Errors: a box that has no exporter: `features.2 > Pointwise: cannot be exported to ONNX`; those
 *         of a forward pass for an input of this shape.
 *
 *     const model = toOnnx(network, { inputShape: [28, 28, 1] });
 *     for await (const chunk of encodeOnnx(model)) file.write(chunk);   // a Uint8Array each
 */
export function toOnnx(network: AnyModule, options: OnnxOptions): OnnxModel {
  checkOptions('toOnnx', options, ['inputShape', 'name', 'metadata', 'exporters']);
  const { inputShape, name = 'boxprop', metadata = {}, exporters = [] } = options;
  const table = new BoxTable([...EXPORTERS, ...exporters]);
  const pathOf = fileNames(network);
  const owned = Object.entries({ ...network.params, ...network.buffers });
  const params = Object.fromEntries(owned.map(([own, tensor]) => [pathOf(own), tensor]));
  const graph = new OnnxGraph(params, table);
  const shapes = network.arity === 'list' ? inputShape : [inputShape];
  const inputs = (shapes as readonly Shape[]).map((shape, i, { length }): Value => {
    return {
      name: graph.name(numbered('input', i, length)),
      shape: [1, ...shape],
      channels: 'last',
    };
  });
  const outputs = propagate(network, inputs, (box, inputs, path) => {
    const shapes = inputs.map(({ shape }) => shape);
    graph.place = pathOf(path);
    const given = graph.write(box, inputs);
    const { outputShape } = withPath(path, () => factsOf(box, shapes));
    return { ...given, shape: outputShape };
  });
  graph.place = '';
  const named = outputs.map((value, i, { length }) => {
    const { name: last } = graph.with('last', value);
    return anyBatch({ ...value, name: graph.output(last, numbered('output', i, length)) });
  });
  return graph.model(name, inputs.map(anyBatch), named, metadata);
}

/**
 * Returns a function that replaces the first part of a path by the path that the box had in the
 * file from which the network was imported, so that export and import keep the names.
 */
function fileNames(network: AnyModule): (path: string) => string {
  const paths: unknown = 'paths' in network ? network.paths : undefined;
  if (!(paths instanceof Map)) return (path) => path;
  return (path) => {
    const [node, ...rest] = path.split('.');
    const known: unknown = paths.get(node);
    return typeof known === 'string' ? [known, ...rest].join('.') : path;
  };
}

const numbered = (name: string, i: number, of: number) => (of === 1 ? name : `${name}${i}`);

const anyBatch = ({ name, shape }: Value): OnnxValue => ({ name, dims: ['N', ...shape.slice(1)] });
