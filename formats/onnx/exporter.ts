import type { BoxClass } from '../boxTable.ts';
import type { Given, OnnxGraph, Value, WriteOnnx } from './graph.ts';

/** A class of boxes, and the function that exports its boxes to ONNX. */
export interface OnnxExporter {
  readonly kind: BoxClass<unknown>;
  readonly entry: WriteOnnx;
}

/**
 * Makes the exporter of a class of boxes, for `toOnnx(network, { exporters })`. It does not apply
 * to subclasses, whose `forward` may compute something else.
 *
 *     const square = onnxExporter(Square, (graph, _box, input) => ({
 *       ...input,
 *       name: graph.node('Mul', [input.name, input.name]),
 *     }));
 *
 * For a box that delegates to another box, export the other one: `graph.write(box.conv, [input])`.
 */
export function onnxExporter<B>(
  kind: BoxClass<B>,
  write: (graph: OnnxGraph, box: B, input: Value, inputs: readonly Value[]) => Given,
): OnnxExporter {
  return { kind, entry: (graph, box, inputs) => write(graph, box as B, inputs[0], inputs) };
}
