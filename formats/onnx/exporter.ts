import type { AnyBox } from '../../lib/propagate.ts';
import type { Given, OnnxGraph, Value } from './graph.ts';

/** How boxes of one class are written in ONNX. */
export interface Exporter {
  readonly kind: BoxClass<AnyBox>;
  readonly write: (graph: OnnxGraph, box: AnyBox, inputs: readonly [Value, ...Value[]]) => Given;
}

/** A class of boxes, however it is constructed. */
interface BoxClass<B> {
  readonly name: string;
  readonly prototype: B;
}

/** The exporter of a class. It is not that of a class that extends it, whose forward may be another. */
export function on<B>(
  kind: BoxClass<B>,
  write: (graph: OnnxGraph, box: B, input: Value, inputs: readonly Value[]) => Given,
): Exporter {
  return {
    kind: kind as BoxClass<AnyBox>,
    write: (graph, box, inputs) => write(graph, box as B, inputs[0], inputs),
  };
}
