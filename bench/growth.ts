import { exponent, type Missing, type Result } from './measure.ts';
import { count, onBackend } from './report.ts';
import { newTable } from './table.ts';

type Time = (result: Result) => number | undefined;
type Size = (result: Result) => number;

const TIMES: Readonly<Record<string, Time>> = {
  'CPU ms (least)': ({ min_cpu_ms }) => min_cpu_ms,
  'ms (quickest)': ({ min_ms }) => min_ms,
};

/** Returns the work of a step, measured in images of 32 x 32 pixels. */
const work: Size = ({ batch, side }) => batch * (side / 32) ** 2;

/**
 * Shows how the time per image grows with the batch and with the pixels. If the growth is linear,
 * all numbers of a row are the same. The last two columns say how far from linear it is: the power
 * of the size with which the time grows, and the largest difference from the row's first number.
 */
export function growth(results: readonly Result[], missing: readonly Missing[]): string {
  const least = {
    batch: Math.min(...results.map(({ batch }) => batch)),
    side: Math.min(...results.map(({ side }) => side)),
  };
  const byBatch = results.filter(({ side }) => side === least.side);
  const bySide = results.filter(({ batch }) => batch === least.batch);
  const tables = Object.entries(TIMES).flatMap(([name, time]) => [
    grown(`${name} an image, by batch`, ({ batch }) => batch, time, byBatch),
    grown(`${name} an image of 1024 pixels, by side`, ({ side }) => side, time, bySide),
  ]);
  const lines = missing.map(({ system, backend, reason }) => `${system} on ${backend}: ${reason}`);
  return [...tables, ...new Set(lines)].join('\n');
}

function grown(title: string, sizeOf: Size, timeOf: Time, results: readonly Result[]): string {
  const timed = results.flatMap((result) => {
    const time = timeOf(result);
    return time === undefined ? [] : [{ result, size: sizeOf(result), time }];
  });
  const sizes = [...new Set(timed.map(({ size }) => size))].sort((a, b) => a - b);
  const table = newTable(
    [title, 'backend', ...sizes.map(String), 'time grows as', 'off linear'],
    2,
  );
  const nameOf = ({ system, threads, ...result }: Result) => [
    system,
    onBackend({ system, ...result }) + (threads === undefined ? '' : `, ${count(threads)}`),
  ];
  const names = new Map(timed.map(({ result }) => [nameOf(result).join(), nameOf(result)]));
  for (const [key, name] of names) {
    const rows = timed
      .filter(({ result }) => nameOf(result).join() === key)
      .sort((a, b) => a.size - b.size);
    const cells = sizes.map((size) => {
      const row = rows.find((other) => other.size === size);
      return row ? (row.time / work(row.result)).toPrecision(3) : '';
    });
    const [amounts, times] = [rows.map(({ result }) => work(result)), rows.map(({ time }) => time)];
    const power = rows.length > 1 ? `size^${exponent(amounts, times).toFixed(2)}` : '';
    table.push([...name, ...cells, power, offLinear(amounts, times)]);
  }
  return table.toString();
}

/**
 * Returns how far times are from linear, such as `+8 %`. It compares the times per unit of work
 * with the first one, and returns the largest difference; an empty text if there is only one time.
 */
export function offLinear(amounts: readonly number[], times: readonly number[]): string {
  if (times.length < 2) return '';
  const first = times[0] / amounts[0];
  const percents = times.map((time, i) => 100 * (time / amounts[i] / first - 1));
  const worst = percents.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  return `${worst < 0 ? '' : '+'}${worst.toFixed(0)} %`;
}
