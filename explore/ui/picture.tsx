import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { refKey, type Ref } from '../engine/refs.ts';
import { largestOf, paint, putSigned } from './colour.ts';
import { format, position } from './format.ts';
import { locate, type Plane } from './planes.ts';
import type { TensorViewProps } from './tensorView.tsx';

interface Props extends TensorViewProps {
  readonly planes: readonly Plane[];
  /** The height of a plane in CSS pixels; by default 56, or 30 if there are many. */
  readonly height?: number;
}

/** The largest number of planes that is drawn at once; buttons lead to the others. */
const MOST_PLANES = 64;

/** More planes than this are drawn smaller. */
const MANY_PLANES = 24;

/**
 * A large tensor as pictures in signed colours, one per plane. A click selects the number under the
 * pointer; with the keyboard, the arrow keys move a cursor and Enter selects.
 */
export function Picture(props: Props): JSX.Element {
  const { session, value, label, planes, refOf } = props;
  const height = props.height ?? (planes.length > MANY_PLANES ? 30 : 56);
  const [first, setFirst] = useState(0);
  const [cursor, setCursor] = useState({ plane: 0, row: 0, column: 0 });
  const [focused, setFocused] = useState(false);
  const largest = largestOf(value.values);
  const from = first < planes.length ? first : 0;
  const shown = planes.slice(from, from + MOST_PLANES);
  const plane = shown[Math.min(cursor.plane, shown.length - 1)];
  const at = plane.index(
    Math.min(cursor.row, plane.rows - 1),
    Math.min(cursor.column, plane.columns - 1),
  );
  useEffect(() => {
    const wanted = session.selected.value;
    if (planes.length <= MOST_PLANES || wanted === undefined) return;
    const index = indexIn(refOf, wanted);
    const place = index === undefined ? -1 : planes.findIndex((one) => locate(one, index));
    if (place >= 0) setFirst(place - (place % MOST_PLANES));
  }, [session.selected.value]);
  const choose = (index: number) => void session.select(refOf(index));
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
  const pictures = (
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
      <span class="sr-only" aria-live="polite">
        {focused && `${position(at, value.shape)} = ${format(value.values[at])}`}
      </span>
    </div>
  );
  const scale = (
    <p class="scale">{largest === 0 ? 'all 0' : `strongest colours: ±${format(largest)}`}</p>
  );
  if (planes.length <= MOST_PLANES) {
    return (
      <div>
        {pictures}
        {scale}
      </div>
    );
  }
  const to = from + shown.length;
  return (
    <div>
      {pictures}
      {scale}
      <div class="pager">
        <button type="button" disabled={from === 0} onClick={() => setFirst(from - MOST_PLANES)}>
          <span class="sr-only">earlier maps of {label}</span>
          <span aria-hidden="true">←</span>
        </button>
        {from + 1} to {to} of {planes.length}
        <button type="button" disabled={to === planes.length} onClick={() => setFirst(to)}>
          <span class="sr-only">later maps of {label}</span>
          <span aria-hidden="true">→</span>
        </button>
      </div>
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
  const [width, tall] = scaleOf(rows, columns, height);
  const { value: lit } = session.lit;
  const selected = session.selected.value && refKey(session.selected.value);
  useEffect(() => {
    paint(canvas, [rows, columns], (data, i) => {
      const at = plane.index(Math.floor(i / columns), i % columns);
      putSigned(data, i, value.values[at], largest);
    });
  }, [value, plane.title, rows, columns, largest]);
  const marks: { row: number; column: number; kind: string }[] = [];
  const tensor = keyOfTensor(refOf);
  const mark = (key: string, kind: string) => {
    const place = key.startsWith(tensor) && locate(plane, Number(key.slice(tensor.length)));
    if (place) marks.push({ ...place, kind });
  };
  for (const key of lit) if (key !== selected) mark(key, 'lit');
  if (selected !== undefined) mark(selected, 'selected');
  if (cursor) marks.push({ row: cursor.row, column: cursor.column, kind: 'cursor' });
  return (
    <span
      class="map"
      style={{ width: `${(columns * width) / 16}rem`, height: `${(rows * tall) / 16}rem` }}
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
            left: `${(100 * column) / columns}%`,
            top: `${(100 * row) / rows}%`,
            width: `${100 / columns}%`,
            height: `${100 / rows}%`,
          }}
        />
      ))}
    </span>
  );
}

/** The largest side of a plane in CSS pixels. */
const LARGEST_SIDE = 320;

/** The width and height of an element in CSS pixels: whole numbers, unless the plane is large. */
function scaleOf(rows: number, columns: number, height: number): [width: number, height: number] {
  const wanted = Math.round(height / Math.max(rows, columns > 4 * rows ? 4 : rows));
  const scale = Math.max(1, wanted);
  return [Math.min(scale, LARGEST_SIDE / columns), Math.min(scale, LARGEST_SIDE / rows)];
}

/** The part that the keys of all elements of a tensor share; the index follows it. */
function keyOfTensor(refOf: (index: number) => Ref): string {
  return refKey(refOf(0)).replace(/\d+$/, '');
}

/** The index of an element in a tensor; undefined if it is an element of another one. */
function indexIn(refOf: (index: number) => Ref, ref: Ref): number | undefined {
  const [tensor, key] = [keyOfTensor(refOf), refKey(ref)];
  return key.startsWith(tensor) ? Number(key.slice(tensor.length)) : undefined;
}
