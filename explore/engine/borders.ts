import { source, type Boundary } from '../../psets/convolution/solution.ts';
import type { BoxSubject } from './openBox.ts';
import type { Ref } from './refs.ts';

/** A signal, the gradient of its outputs, and the box that runs over it. */
export type Signal = { readonly x: readonly number[]; readonly g: readonly number[] } & (
  | { readonly kind: 'convolution'; readonly w: readonly number[]; readonly boundary: Boundary }
  | { readonly kind: 'pooling'; readonly size: number; readonly stride: number }
);

/** A cell that an output reads. */
export interface Read {
  readonly output: number;
  /**
   * The position of the cell. If it is below 0 or beyond the end, the cell is outside the signal.
   */
  readonly cell: number;
  /**
   * The index of the signal's element that is read in this cell; undefined if the border has a zero
   * there.
   */
  readonly from: number | undefined;
  /** The index of the element of the kernel or of the window. */
  readonly tap: number;
  /** Whether the cell contributes to the output. In a pooling window, only the maximum does. */
  readonly counts: boolean;
}

/**
 * Returns the box for a signal, in the form for `Engine.open`. It is a Conv1D or MaxPool1D with
 * these numbers.
 */
export function signalSubject(signal: Signal): BoxSubject {
  const write = (list: readonly number[], ref: (index: number) => Ref) =>
    list.map((value, index) => [ref(index), value] as const);
  const x = write(signal.x, (index) => ({ kind: 'activation', place: 0, part: 0, index }));
  const g = write(signal.g, (index) => ({ kind: 'gradient', place: 1, part: 0, index }));
  const shapes = [[1, signal.x.length, 1]];
  if (signal.kind === 'pooling') {
    const call = { args: [signal.size], options: { stride: signal.stride } };
    return { kind: 'box', name: 'MaxPool1D', call, shapes, edits: [...x, ...g] };
  }
  const { w, boundary } = signal;
  const options = { padding: 'same', paddingMode: boundary, bias: false };
  const weight = write(w, (index) => ({ kind: 'param', box: 0, name: 'weight', index }));
  return {
    kind: 'box',
    name: 'Conv1D',
    call: { args: [1, 1, w.length], options },
    shapes,
    edits: [...x, ...weight, ...g],
  };
}

/** Returns the number of outputs: one per element, or one per window if the box is a pooling. */
export function outputsOf(signal: Signal): number {
  const { length } = signal.x;
  if (signal.kind === 'convolution') return length;
  return Math.max(0, Math.floor((length - signal.size) / signal.stride) + 1);
}

/** Lists the cells that each output reads, in the order of the outputs. */
export function readsOf(signal: Signal): readonly Read[] {
  const N = signal.x.length;
  return Array.from({ length: outputsOf(signal) }, (_, output) => {
    if (signal.kind === 'pooling') {
      const { size, stride } = signal;
      const window = signal.x.slice(output * stride, output * stride + size);
      // At a tie, the first maximum counts.
      const winner = output * stride + window.indexOf(Math.max(...window));
      return Array.from({ length: size }, (_, tap): Read => {
        const cell = output * stride + tap;
        return { output, cell, from: cell, tap, counts: cell === winner };
      });
    }
    const { w, boundary } = signal;
    const before = Math.floor((w.length - 1) / 2);
    return w.map((_, tap): Read => {
      const cell = output - before + tap;
      const at = source(cell, N, boundary);
      return { output, cell, tap, from: at < 0 ? undefined : at, counts: at >= 0 };
    });
  }).flat();
}
