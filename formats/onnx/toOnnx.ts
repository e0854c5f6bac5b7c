import { nameOf } from '../../lib/check.ts';
import { BoxError } from '../../lib/errors.ts';
import { withOptionalPath, propagate, type AnyModule } from '../../lib/propagate.ts';
import { shapeAfter } from '../../lib/shapes.ts';
import { FILTERS } from './filters.ts';
import { OnnxGraph, type Value } from './graph.ts';
import { LECTURE } from './lecture.ts';
import { NORMALIZATION } from './normalization.ts';
import { POINTWISE } from './pointwise.ts';
import { POOLS } from './pools.ts';
import type { OnnxModel, OnnxValue } from './proto.ts';
import { SHAPE } from './shape.ts';

const EXPORTERS = new Map(
  [...FILTERS, ...POOLS, ...POINTWISE, ...NORMALIZATION, ...SHAPE, ...LECTURE].map(
    ({ kind, write }) => {
      return [kind.prototype, write];
    },
  ),
);

/** The classes of boxes that have operators in ONNX. */
export const EXPORTED: readonly string[] = [...EXPORTERS.keys()].map((prototype) =>
  nameOf(prototype),
);

export interface OnnxOptions {
  /** Of one example: `[height, width, channels]`; a list of shapes where the network takes a list. */
  readonly inputShape: readonly number[] | readonly (readonly number[])[];
  /** What the graph is called. */
  readonly name?: string;
  /** Texts that the file is to have with it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A network as it is in inference, in ONNX with operator set 17. Its input is called `input` and its output `output`, or
 * `input0`, `output0` and so on where there are several; the first axis, the batch, may have any size. They are as boxprop has
 * them: images are [N, H, W, C]. Inside, images have their channels first, as ONNX's convolutions do.
 *
 * Errors: a box that ONNX has no operators for: `features.2 > Pointwise: cannot be exported to ONNX`; those of a forward
 *         of such an input.
 */
export function toOnnx(
  network: AnyModule,
  { inputShape, name = 'boxprop', metadata = {} }: OnnxOptions,
): OnnxModel {
  const graph = new OnnxGraph({ ...network.params, ...network.buffers });
  const shapes = network.arity === 'list' ? inputShape : [inputShape];
  const inputs = (shapes as readonly (readonly number[])[]).map((shape, i, { length }): Value => {
    return {
      name: graph.name(numbered('input', i, length)),
      shape: [1, ...shape],
      channels: 'last',
    };
  });
  const outputs = propagate(network, inputs, (box, inputs, path) => {
    const write = EXPORTERS.get(Object.getPrototypeOf(box) as AnyModule);
    if (write === undefined) {
      throw new BoxError(
        [...(path === '' ? [] : [path]), nameOf(box)],
        'cannot be exported to ONNX',
      );
    }
    const shape = withOptionalPath(path, () => shapeAfter(box, inputs.map((value) => value.shape))); // prettier-ignore
    graph.place = path;
    const [first, ...others] = inputs;
    return { ...write(graph, box, [first, ...others]), shape };
  });
  graph.place = '';
  const named = outputs.map((value, i, { length }) => {
    const { name: last } = graph.with('last', value);
    return anyBatch({ ...value, name: graph.output(last, numbered('output', i, length)) });
  });
  return graph.model(name, inputs.map(anyBatch), named, metadata);
}

const numbered = (name: string, i: number, of: number) => (of === 1 ? name : `${name}${i}`);

const anyBatch = ({ name, shape }: Value): OnnxValue => ({ name, dims: ['N', ...shape.slice(1)] });
