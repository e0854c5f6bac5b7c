import 'uplot/dist/uPlot.min.css';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

/** A line of a plot. */
export interface Series {
  readonly name: string;
  /** A colour of the page, such as `--forward`. */
  readonly colour: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Whether each point is drawn as a dot. */
  readonly dots?: boolean;
}

interface Props {
  readonly title: string;
  readonly series: readonly Series[];
  /** Whether y is drawn on a logarithmic scale. */
  readonly log?: boolean;
  /** A text in place of lines that have no point yet. */
  readonly empty: string;
  /** A text for those who do not see the plot. */
  readonly label: string;
}

const HEIGHT = 240;

/** The smallest value on a logarithmic scale; the loss of a small batch may be 0. */
const LEAST = 1e-6;

/** Lines over the steps of a training run. */
export function Plot({ title, series, log = false, empty, label }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  // uPlot never returns if it draws 0 on a logarithmic scale.
  const shown = (value: number) => (log ? Math.max(value, LEAST) : value);
  const data = uPlot.join(series.map(({ x, y }) => [[...x], y.map(shown)]));
  const latest = useRef(data);
  const frame = useRef<number | undefined>(undefined);
  latest.current = data;
  useEffect(() => {
    const { current: element } = place;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      const made = new uPlot(optionsOf(element, series, log), latest.current, element);
      plot.current = made;
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resized.observe(element);
    // The canvas has fixed colours, so another theme needs another plot.
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ['style', 'class'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      themed.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [log]);
  useEffect(() => {
    // Reports may come faster than the browser draws; of those in a frame, the last one is drawn.
    frame.current ??= requestAnimationFrame(() => {
      frame.current = undefined;
      plot.current?.setData(latest.current);
    });
  });
  return (
    <figure class="plot">
      <figcaption>
        {title}
        {series.map(({ name, colour }) => (
          <span class="key" key={name} style={{ '--key': `var(${colour})` }}>
            {name}
          </span>
        ))}
      </figcaption>
      {series.every(({ x }) => x.length === 0) && <p class="hint">{empty}</p>}
      <div ref={place} role="img" aria-label={label} />
    </figure>
  );
}

function optionsOf(element: HTMLElement, series: readonly Series[], log: boolean): uPlot.Options {
  const colour = (name: string) => colourOf(element, name);
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
    axes: [
      { ...axis, label: 'steps', labelSize: 20, size: 34 },
      { ...axis, size: 58 },
    ],
    series: [
      {},
      ...series.map(({ colour: name, dots = false }) => ({
        stroke: colour(name),
        width: 1.5,
        spanGaps: true,
        // A line of one point would show nothing.
        points: {
          show: ({ data }: uPlot, i: number) =>
            dots || Array.from(data[i]).filter((y) => typeof y === 'number').length === 1,
          size: 5,
          fill: colour(name),
        },
      })),
    ],
  };
}

/** The value of a colour of the page; a canvas does not know `light-dark`. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
