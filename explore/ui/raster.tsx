import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { largestOf, NEGATIVE, POSITIVE, strength } from './colour.ts';

/** A picture of numbers, row by row, that is only looked at. */
export interface RasterProps {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
  /** A text for those who do not see the picture. */
  readonly label: string;
  /** `grey` draws 0 black and 1 white; `signed` uses the two colours of the page. */
  readonly scale?: 'grey' | 'signed';
  /** The value of the strongest colour; by default the largest magnitude. */
  readonly largest?: number;
  /** The width in CSS pixels. */
  readonly width: number;
}

/** Draws numbers as a picture. */
export function Raster(props: RasterProps): JSX.Element {
  const { rows, columns, values, label, scale = 'signed', width } = props;
  const largest = props.largest ?? largestOf(values);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const value = values[i];
      if (scale === 'grey') {
        image.data.fill(255 * Math.min(1, Math.max(0, value)), 4 * i, 4 * i + 3);
        image.data[4 * i + 3] = 255;
      } else {
        image.data.set(value < 0 ? NEGATIVE : POSITIVE, 4 * i);
        image.data[4 * i + 3] = 255 * strength(value, largest);
      }
    }
    context.putImageData(image, 0, 0);
  }, [values, rows, columns, scale, largest]);
  return (
    <canvas
      ref={canvas}
      class="raster"
      role="img"
      aria-label={label}
      width={columns}
      height={rows}
      style={{ width: `${width}px`, aspectRatio: `${columns} / ${rows}` }}
    />
  );
}
