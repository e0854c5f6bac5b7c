import type { Summary, SummaryRow } from './summarize.ts';

/** The size of a box, the gap between boxes, and the margin of the drawing, in pixels. */
const [WIDTH, HEIGHT, GAP, MARGIN] = [290, 46, 26, 16];

/**
 * The position of a box in the drawing: its level, counted from the top, and its lane, counted from
 * the left.
 */
interface Place {
  readonly level: number;
  readonly lane: number;
}

/**
 * Draws a network as boxes and arrows in SVG. The input is at the top, and a box is below all of
 * its inputs. Parallel boxes are side by side, and an arrow that skips boxes goes around them.
 *
 *     const summary = summarize(lenet({ rng }), [28, 28, 1]);
 *     await writeFile('lenet.svg', drawSummary(summary, 'LeNet'));
 */
export function drawSummary({ inputShape, rows, total }: Summary, title: string): string {
  const places = placeBoxes(rows);
  const at = (row: number): Place => (row < 0 ? { level: 0, lane: 0 } : places[row]);
  const x = (lane: number) => MARGIN + lane * (WIDTH + GAP);
  const y = (level: number) => 2 * MARGIN + 20 + level * (HEIGHT + GAP);
  const box = (place: Place, name: string, detail: string, fill: string) => {
    const [left, top] = [x(place.lane), y(place.level)];
    return [
      `<rect x="${left}" y="${top}" width="${WIDTH}" height="${HEIGHT}" rx="5" fill="${fill}" stroke="#555"/>`,
      `<text x="${left + 8}" y="${top + 19}" font-weight="bold">${escape(name)}</text>`,
      `<text x="${left + 8}" y="${top + 37}">${escape(shortened(detail, 46))}</text>`,
    ];
  };
  const arrow = (from: Place, to: Place) => {
    const [startX, startY] = [x(from.lane) + WIDTH / 2, y(from.level) + HEIGHT];
    const [endX, endY] = [x(to.lane) + WIDTH / 2, y(to.level)];
    const straight = from.lane === to.lane && to.level === from.level + 1;
    if (straight) return `<path d="M${startX} ${startY}V${endY}" marker-end="url(#head)"/>`;
    const lane = freeLane(places, from, to);
    const [before, after] = [y(from.level + 1), y(to.level - 1) + HEIGHT];
    const middleX = lane === undefined ? startX : x(lane) + WIDTH / 2;
    const around =
      to.level === from.level + 1
        ? ''
        : `C${startX} ${startY + GAP} ${middleX} ${before - GAP} ${middleX} ${before}V${after}`;
    const [fromX, fromY] = around === '' ? [startX, startY] : [middleX, after];
    const bend = `C${fromX} ${fromY + GAP * 0.8} ${endX} ${endY - GAP * 0.8} ${endX} ${endY}`;
    return `<path d="M${startX} ${startY}${around}${bend}" marker-end="url(#head)"/>`;
  };
  const arrows = rows.flatMap((row, i) => row.from.map((from) => arrow(at(from), places[i])));
  const boxes = rows.flatMap((row, i) => {
    const detail = `${row.box.replace(/^.*: /, '')}`;
    return box(
      places[i],
      `${shortened(row.name, 33)}  ${row.outputShape.join('x')}`,
      detail,
      colourOf(row),
    );
  });
  const lanes = Math.max(...places.map(({ lane }) => lane), 0) + 1;
  const levels = Math.max(...places.map(({ level }) => level), 0) + 1;
  const size = [lanes * (WIDTH + GAP) - GAP + 2 * MARGIN, y(levels) - GAP + MARGIN];
  const parameters = total.parameters.toLocaleString('en-US');
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" font-family="sans-serif" font-size="11">`,
    `<title>${escape(title)}</title>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
    '<path d="M0 0L8 4L0 8z" fill="#555" stroke="none"/></marker></defs>',
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="${MARGIN}" y="${MARGIN + 12}" font-size="15">${escape(title)}: ${parameters} parameters</text>`,
    '<g fill="none" stroke="#555">',
    ...arrows,
    '</g>',
    ...box({ level: 0, lane: 0 }, 'input', inputShape.join('x'), '#eee'),
    ...boxes,
    '</svg>',
  ].join('\n')}\n`;
}

/**
 * Places each box one level below the lowest of its inputs, in the leftmost lane of its inputs or
 * in the next free lane.
 */
function placeBoxes(rows: readonly SummaryRow[]): Place[] {
  const places: Place[] = [];
  /** For each lane, the last level that is in use, and the row whose output uses it. */
  const inUse: { until: number; by: number }[] = [{ until: 0, by: -1 }];
  const lastUser = new Array<number>(rows.length).fill(-1);
  rows.forEach(({ from }, i) => from.forEach((source) => source >= 0 && (lastUser[source] = i)));
  rows.forEach((row, i) => {
    const sources = row.from.map((from) => (from < 0 ? { level: 0, lane: 0 } : places[from]));
    const level = 1 + Math.max(...sources.map((source) => source.level));
    const leftmost = Math.min(...sources.map((source) => source.lane));
    const isFree = (lane: number) => {
      const use = inUse[lane];
      return use === undefined || use.until < level || row.from.includes(use.by);
    };
    let lane = leftmost;
    while (!isFree(lane)) lane++;
    places.push({ level, lane });
    inUse[lane] = { until: lastUser[i] === i + 1 ? level : Infinity, by: i };
    // If this box is the last one that uses an output, the lane of that output ends here.
    for (const [other, use] of inUse.entries()) {
      const ends = use !== undefined && use.by >= 0 && other !== lane && lastUser[use.by] === i;
      if (ends) inUse[other] = { until: level - 1, by: use.by };
    }
  });
  return places;
}

/**
 * Finds the lane for an arrow that skips boxes. It is the lane nearest to the arrow's start that
 * has no box on the levels in between, if there is one.
 */
function freeLane(places: readonly Place[], from: Place, to: Place): number | undefined {
  const between = places.filter(({ level }) => level > from.level && level < to.level);
  const lanes = Math.max(...places.map(({ lane }) => lane)) + 2;
  const nearest = Array.from({ length: lanes }, (_, lane) => lane).sort(
    (a, b) => Math.abs(a - from.lane) - Math.abs(b - from.lane),
  );
  return nearest.find((lane) => between.every((place) => place.lane !== lane));
}

function colourOf({ box, parameters }: SummaryRow): string {
  if (/Pool/.test(box)) return '#d9ead3';
  if (/Norm/.test(box)) return '#fff2cc';
  return parameters > 0 ? '#cfe2f3' : '#f3f3f3';
}

function shortened(text: string, length: number): string {
  return text.length > length ? `…${text.slice(text.length - length + 1)}` : text;
}

function escape(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
