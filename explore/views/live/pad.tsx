import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Raster } from '../../ui/raster.tsx';
import type { LiveDigit } from './liveDigit.ts';
import { SIDE, withStroke } from './pixels.ts';

type Point = readonly [x: number, y: number];

/** The pad on which a reader draws with a pointer. A stroke on a test digit begins a new image. */
export function Pad({ digit }: { readonly digit: LiveDigit }): JSX.Element {
  const last = useRef<Point | undefined>(undefined);
  const { value: drawn } = digit.drawn;
  const { value: shown } = digit.shown;
  const stroke = (event: PointerEvent, from: Point) => {
    const to = pointOf(event);
    last.current = to;
    void digit.draw(withStroke(digit.drawn.value ?? new Float32Array(SIDE * SIDE), from, to));
  };
  return (
    <div
      class="pad"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
        stroke(event, pointOf(event));
      }}
      onPointerMove={(event) => {
        if (last.current) stroke(event, last.current);
      }}
      onPointerUp={() => (last.current = undefined)}
      onPointerCancel={() => (last.current = undefined)}
    >
      <Raster
        rows={SIDE}
        columns={SIDE}
        values={drawn ?? shown.pixels}
        scale="grey"
        width={280}
        label={
          shown.label === undefined ? 'your drawing' : `a test digit, a handwritten ${shown.label}`
        }
      />
    </div>
  );
}

function pointOf({ currentTarget, clientX, clientY }: PointerEvent): Point {
  const box = (currentTarget as HTMLElement).getBoundingClientRect();
  return [((clientX - box.left) / box.width) * SIDE, ((clientY - box.top) / box.height) * SIDE];
}
