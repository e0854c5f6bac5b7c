import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { refKey } from '../engine/refs.ts';
import { largestOf, NEGATIVE, POSITIVE, strength } from './colour.ts';
import { format, position } from './format.ts';
import type { Plane } from './planes.ts';
import type { TensorViewProps } from './tensorView.tsx';

interface Props extends TensorViewProps {
  readonly planes: readonly Plane[];
  /** The height of a plane in CSS pixels; 56 by default. */
  readonly height?: number;
}

/** The largest number of planes that is drawn at once. */
const MOST_PLANES = 64;

/**
 * A large tensor as pictures in signed colours, one per plane. A click selects the number under the
 * pointer; with the keyboard, the arrow keys move a cursor and Enter selects.
 */
export function Picture(props: Props): JSX.Element {
  const { session, value, label, planes, height = 56 } = props;
  const [cursor, setCursor] = useState({ plane: 0, row: 0, column: 0 });
  const [focused, setFocused] = useState(false);
  const largest = largestOf(value.values);
  const shown = planes.slice(0, MOST_PLANES);
  const plane = planes[Math.min(cursor.plane, shown.length - 1)];
  const at = plane.index(
    Math.min(cursor.row, plane.rows - 1),
    Math.min(cursor.column, plane.columns - 1),
  );
  const choose = (index: number) => void session.select(props.refOf(index));
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number, number]> = {
      ArrowUp: [0, -1, 0],
      ArrowDown: [0, 1, 0],
      ArrowLeft: [0, 0, -1],
      ArrowRight: [0, 0, 1],
      PageUp: [-1, 0, 0],
      PageDown: [1, 0, 0],
    };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      const clamp = (x: number, size: number) => Math.max(0, Math.min(size - 1, x));
      setCursor({
        plane: clamp(cursor.plane + step[0], shown.length),
        row: clamp(cursor.row + step[1], plane.rows),
        column: clamp(cursor.column + step[2], plane.columns),
      });
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      choose(at);
    }
  };
  return (
    <div
      class="pictures"
      role="application"
      aria-label={
        `${label}, ${value.shape.join(' × ')} numbers, largest magnitude ${format(largest)}. ` +
        'Arrow keys move, page keys change the map, Enter selects.'
      }
      tabIndex={0}
      onKeyDown={move}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      {shown.map((one, i) => (
        <Map
          {...props}
          key={one.title}
          plane={one}
          largest={largest}
          height={height}
          cursor={focused && i === cursor.plane ? cursor : undefined}
          onPick={(row, column) => {
            setCursor({ plane: i, row, column });
            choose(one.index(row, column));
          }}
        />
      ))}
      {planes.length > shown.length && (
        <span class="more">and {planes.length - shown.length} more</span>
      )}
      <span class="sr-only" aria-live="polite">
        {focused && `${position(at, value.shape)} = ${format(value.values[at])}`}
      </span>
    </div>
  );
}

interface MapProps extends TensorViewProps {
  readonly plane: Plane;
  readonly largest: number;
  readonly height: number;
  readonly cursor: { readonly row: number; readonly column: number } | undefined;
  readonly onPick: (row: number, column: number) => void;
}

function Map({ session, value, refOf, plane, largest, height, cursor, onPick }: MapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { rows, columns } = plane;
  const scale = Math.max(1, Math.round(height / Math.max(rows, columns > 4 * rows ? 4 : rows)));
  const { value: lit } = session.lit;
  const selected = session.selected.value && refKey(session.selected.value);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(columns, rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const number = value.values[plane.index(row, column)];
        const [r, g, b] = number < 0 ? NEGATIVE : POSITIVE;
        const alpha = 255 * strength(number, largest);
        image.data.set([r, g, b, alpha], 4 * (row * columns + column));
      }
    }
    context.putImageData(image, 0, 0);
  }, [value, plane.title, rows, columns, largest]);
  const marks: { row: number; column: number; kind: string }[] = [];
  if (lit.size > 0 || selected !== undefined || cursor) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const key = refKey(refOf(plane.index(row, column)));
        if (key === selected) marks.push({ row, column, kind: 'selected' });
        else if (lit.has(key)) marks.push({ row, column, kind: 'lit' });
      }
    }
    if (cursor) marks.push({ row: cursor.row, column: cursor.column, kind: 'cursor' });
  }
  return (
    <span
      class="map"
      style={{ width: `${columns * scale}px`, height: `${rows * scale}px` }}
      title={plane.title}
      onClick={({ currentTarget, clientX, clientY }) => {
        const box = currentTarget.getBoundingClientRect();
        const row = Math.floor(((clientY - box.top) / box.height) * rows);
        const column = Math.floor(((clientX - box.left) / box.width) * columns);
        onPick(Math.min(rows - 1, Math.max(0, row)), Math.min(columns - 1, Math.max(0, column)));
      }}
    >
      <canvas ref={canvas} width={columns} height={rows} aria-hidden="true" />
      {marks.slice(0, 1000).map(({ row, column, kind }) => (
        <span
          key={`${kind} ${row} ${column}`}
          class={`mark ${kind}`}
          style={{
            left: `${column * scale}px`,
            top: `${row * scale}px`,
            width: `${scale}px`,
            height: `${scale}px`,
          }}
        />
      ))}
    </span>
  );
}
