import type { Border, PaddingMode } from '../../lib/geometry.ts';
import type { OnnxGraph, Value } from './graph.ts';

const MODES = { zeros: 'constant', reflect: 'reflect', replicate: 'edge' } as const;

/** Adds nodes that put a border around the positions of images or of a sequence. */
export function paddedInput(
  graph: OnnxGraph,
  input: Value,
  axes: readonly Border[],
  mode: PaddingMode,
  value = 0,
): Value {
  const firstAxis = input.channels === 'first' ? 2 : 1;
  const shape = input.shape.map((size, axis) => {
    const border = axes[axis - 1];
    return axis === 0 || border === undefined ? size : border.before + size + border.after;
  });
  if (mode === 'circular') {
    const name = axes.reduce(
      (from, border, i) => circular(graph, from, border, firstAxis + i),
      input.name,
    );
    return { ...input, name, shape };
  }
  const pads = new Array<number>(2 * input.shape.length).fill(0);
  axes.forEach(({ before, after }, i) => {
    pads[firstAxis + i] = before;
    pads[input.shape.length + firstAxis + i] = after;
  });
  const inputs = [
    input.name,
    graph.integers(pads),
    ...(value === 0 ? [] : [graph.floats([value])]),
  ];
  return { ...input, name: graph.node('Pad', inputs, { mode: MODES[mode] }), shape };
}

/**
 * Adds nodes for a circular border: the end of the axis is put before its beginning, and the
 * beginning after its end.
 */
function circular(
  graph: OnnxGraph,
  from: string,
  { input, before, after }: Border,
  axis: number,
): string {
  const slice = (begin: number, end: number) =>
    graph.node('Slice', [
      from,
      graph.integers([begin]),
      graph.integers([end]),
      graph.integers([axis]),
    ]);
  const parts = [
    ...(before > 0 ? [slice(input - before, input)] : []),
    from,
    ...(after > 0 ? [slice(0, after)] : []),
  ];
  return parts.length === 1 ? from : graph.node('Concat', parts, { axis });
}
