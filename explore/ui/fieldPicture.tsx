import type { JSX, TargetedPointerEvent } from 'preact';
import type { UnitField } from '../engine/architecture.ts';

interface Props {
  /** The path of the box. */
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly field: UnitField;
  /** The receptive field of the table, which the image may clip. */
  readonly receptiveField: readonly number[] | 'unknown';
  /** The row and column of the unit. */
  readonly unit: readonly [row: number, column: number];
  readonly onMove: (to: readonly [row: number, column: number]) => void;
}

/** The sides of the image and of the box's output, and the gap between them, in the drawing. */
const [IMAGE, OUTPUT, GAP] = [400, 150, 90];

/** The steps of the arrow keys, in rows and columns. */
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * The image, the output of a box, and the lines from a unit to the part of the image that it sees.
 */
export function FieldPicture({
  name,
  inputShape,
  field,
  receptiveField,
  unit,
  onMove,
}: Props): JSX.Element {
  const [height, width, channels] = inputShape;
  const { outputShape, span } = field;
  const [places, across] = outputShape.length === 3 ? outputShape : [1, 1];
  const [row, column] = unit;
  const scale = IMAGE / Math.max(height, width);
  const [imageHeight, imageWidth] = [height * scale, width * scale];
  const top = imageHeight + GAP;
  const cell = OUTPUT / Math.max(places, across);
  const left = (IMAGE - cell * across) / 2;
  const isKnown = Array.isArray(span);
  const seen = isKnown ? (span as readonly (readonly [number, number])[]) : undefined;
  const rect = seen && {
    x: seen[1][0] * scale,
    y: seen[0][0] * scale,
    width: (seen[1][1] - seen[1][0] + 1) * scale,
    height: (seen[0][1] - seen[0][0] + 1) * scale,
  };
  const [unitX, unitY] = [left + column * cell, top + row * cell];
  const move = ({ currentTarget, clientX, clientY }: TargetedPointerEvent<SVGSVGElement>) => {
    const matrix = currentTarget.getScreenCTM();
    if (matrix === null) return;
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(matrix.inverse());
    const inImage = y < imageHeight + GAP / 2;
    onMove([
      Math.floor(inImage ? (y / imageHeight) * places : (y - top) / cell),
      Math.floor(inImage ? (x / imageWidth) * across : (x - left) / cell),
    ]);
  };
  const text = textOf(field, unit, name);
  const clipped =
    seen &&
    receptiveField !== 'unknown' &&
    seen.some(([first, last], axis) => last - first + 1 < receptiveField[axis]);
  return (
    <section class="field" aria-label="the part of the image that a unit sees">
      <div
        role="group"
        tabIndex={0}
        aria-label={`${text} The arrow keys move the unit.`}
        onKeyDown={(event) => {
          if (!Object.hasOwn(STEPS, event.key)) return;
          event.preventDefault();
          const by = event.shiftKey ? 5 : 1;
          const [down, right] = STEPS[event.key];
          onMove([row + by * down, column + by * right]);
        }}
      >
        <svg
          viewBox={`0 0 ${IMAGE} ${top + cell * places + 2}`}
          aria-hidden="true"
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            move(event);
          }}
          onPointerMove={(event) => event.buttons === 1 && move(event)}
        >
          <rect class="plane" width={imageWidth} height={imageHeight} />
          <g transform={`scale(${imageWidth / 100} ${imageHeight / 100})`}>
            {channels === 1 ? <Digit /> : <Cat />}
          </g>
          {rect && <rect class="seen" {...rect} />}
          <rect class="plane" x={left} y={top} width={cell * across} height={cell * places} />
          {places <= 16 && <Grid {...{ left, top, cell, places, across }} />}
          {rect && (
            <path
              class="rays"
              d={`M${unitX} ${unitY}L${rect.x} ${rect.y + rect.height}M${unitX + cell} ${unitY}L${rect.x + rect.width} ${rect.y + rect.height}`}
            />
          )}
          <rect class="unit" x={unitX} y={unitY} width={cell} height={cell} />
        </svg>
      </div>
      <p aria-live="polite">{text}</p>
      {clipped && (
        <p class="hint">
          Its receptive field of {sizesOf(receptiveField)} reaches beyond the image.
        </p>
      )}
      {places * across > 1 && (
        <p class="hint">Drag, or use the arrow keys; with Shift, five units at a time.</p>
      )}
    </section>
  );
}

function sizesOf(sizes: readonly number[] | 'unknown'): string {
  return sizes === 'unknown' ? sizes : sizes.join('×');
}

/** Says what the picture shows. */
function textOf(
  { outputShape, span }: UnitField,
  [row, column]: readonly [number, number],
  name: string,
) {
  const [height, width, channels] = outputShape;
  const unit =
    channels === undefined
      ? `Each of the ${height} units of ${name}`
      : `Unit (${row}, ${column}) of the ${height}×${width} units in each of the ${channels} maps of ${name}`;
  if (span === undefined) return `${unit} sees only the border.`;
  if ('unknown' in span) return `${unit}: the box ${span.unknown} does not state what it sees.`;
  const [rows, columns] = span;
  const size = ([first, last]: readonly [number, number]) => last - first + 1;
  return `${unit} sees ${size(rows)}×${size(columns)} pixels of the image: rows ${rows.join(' to ')}, columns ${columns.join(' to ')}.`;
}

function Grid(props: {
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  readonly places: number;
  readonly across: number;
}) {
  const { left, top, cell, places, across } = props;
  const lines = [
    ...Array.from(
      { length: places - 1 },
      (_, i) => `M${left} ${top + (i + 1) * cell}h${across * cell}`,
    ),
    ...Array.from(
      { length: across - 1 },
      (_, i) => `M${left + (i + 1) * cell} ${top}v${places * cell}`,
    ),
  ];
  return <path class="gridlines" d={lines.join('')} />;
}

/** A stand-in for a photograph, in a square of 100. */
function Cat() {
  return (
    <path
      class="sketch"
      d="M24 88C15 66 17 46 25 33L22 9l18 12q10-3 20 0L78 9l-3 24c8 13 10 33 1 55M37 41q4-5 8 0q-4 5-8 0m18 0q4-5 8 0q-4 5-8 0M47 52h6l-3 4zv0m3 4v4q-5 6-10 2m10-2q5 6 10 2M33 54l-21-4m21 9-20 3m54-8 21-4m-21 9 20 3M36 88c0-8 4-12 6-20m22 20c0-8-4-12-6-20"
    />
  );
}

/** A stand-in for a written digit, in a square of 100. */
function Digit() {
  return (
    <path
      class="sketch"
      d="M28 28C34 12 66 12 66 31C66 45 52 48 42 48C54 48 72 52 72 68C72 90 34 92 27 74"
    />
  );
}
