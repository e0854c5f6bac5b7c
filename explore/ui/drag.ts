import type { TargetedPointerEvent } from 'preact';

/** From this movement in pixels on, a press counts as a drag and not as a click. */
const LEAST = 4;

/** The movement in pixels that changes a number by one step. */
const PIXELS = 4;

/** A horizontal drag that changes a number. */
interface Drag {
  readonly x: number;
  readonly from: number;
  readonly step: number;
  moved: boolean;
  last: number;
}

/** Returns the step of a number, which is about a hundredth of it. A class changes by one. */
export function stepOf(value: number, isClass: boolean): number {
  if (isClass) return 1;
  return 10 ** (Math.floor(Math.log10(Math.max(Math.abs(value), 0.1))) - 1);
}

/**
 * Converts the pointer events of a cell to numbers. `write` is called with at most one number at a
 * time, and with the last number at the end.
 */
export function makeDrag(write: (value: number) => Promise<void>) {
  let drag: Drag | undefined;
  let next: number | undefined;
  let isWriting = false;
  const flush = async () => {
    if (isWriting) return;
    isWriting = true;
    while (next !== undefined) {
      const value = next;
      next = undefined;
      await write(value);
    }
    isWriting = false;
  };
  return {
    start(event: TargetedPointerEvent<HTMLElement>, from: number, step: number) {
      event.currentTarget.setPointerCapture(event.pointerId);
      drag = { x: event.clientX, from, step, moved: false, last: from };
    },
    move({ clientX, buttons }: TargetedPointerEvent<HTMLElement>) {
      if (drag === undefined || buttons === 0) return;
      const way = clientX - drag.x;
      drag.moved ||= Math.abs(way) >= LEAST;
      if (!drag.moved) return;
      const { from, step, last } = drag;
      const value = Number((from + Math.round(way / PIXELS) * step).toFixed(10));
      if (value === last) return;
      drag.last = next = value;
      void flush();
    },
    /** Ends a press. Returns whether it was a drag. */
    end(): boolean {
      const moved = drag?.moved ?? false;
      drag = undefined;
      return moved;
    },
  };
}
