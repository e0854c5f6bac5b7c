import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { largestOf, paint, putSigned } from './colour.ts';

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
  /** The width in CSS pixels, at the page's usual size of letters. */
  readonly width: number;
}

/** Draws numbers as a picture. */
export function Raster(props: RasterProps): JSX.Element {
  const { rows, columns, values, label, scale = 'signed', width } = props;
  const largest = props.largest ?? largestOf(values);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    paint(canvas, [rows, columns], (data, i) => {
      if (scale === 'signed') return putSigned(data, i, values[i], largest);
      data.fill(255 * Math.min(1, Math.max(0, values[i])), 4 * i, 4 * i + 3);
      data[4 * i + 3] = 255;
    });
  }, [values, rows, columns, scale, largest]);
  return (
    <canvas
      ref={canvas}
      class="raster"
      role="img"
      aria-label={label}
      width={columns}
      height={rows}
      style={{ width: `${width / 16}rem`, aspectRatio: `${columns} / ${rows}` }}
    />
  );
}
