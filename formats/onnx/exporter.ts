import type { AnyModule } from '../../lib/propagate.ts';
import type { Given, OnnxGraph, Value } from './graph.ts';

/** How boxes of one class are written in ONNX. */
export interface Exporter {
  readonly kind: BoxClass<AnyModule>;
  readonly write: (graph: OnnxGraph, box: AnyModule, inputs: readonly [Value, ...Value[]]) => Given;
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
    kind: kind as BoxClass<AnyModule>,
    write: (graph, box, inputs) => write(graph, box as B, inputs[0], inputs),
  };
}
