import type { EffectiveField } from '../inspect/effectiveField.ts';
import type { BoxInvariance, Change } from '../inspect/invariance.ts';
import { chart } from './charts.ts';
import { escape, grid, page } from './html.ts';
import { tiles } from './pictures.ts';

/** The receptive fields of a box. */
export interface BoxField {
  /** The name of the box, such as `Conv2D 3`. */
  readonly label: string;
  readonly field: EffectiveField;
}

/** The content of the page about invariance. */
export interface InvarianceData {
  readonly title: string;
  /** The number of examples. */
  readonly examples: number;
  readonly boxes: readonly BoxInvariance[];
  readonly fields: readonly BoxField[];
}

/** Formats the name of a box: `MaxPool2D 2`. */
export const invarianceLabel = ({ box, path }: BoxInvariance): string =>
  path === '' ? box : `${box} ${path}`;

/** Makes the page with the curves, the table, and the receptive fields of a network. */
export function invariancePage({ title, examples, boxes, fields }: InvarianceData): string {
  const curves = [
    curve('Shift', 'shift, pixels', boxes, ({ shift }) => [STILL, ...shift]),
    curve('Rotation', 'rotation, degrees', boxes, ({ rotation }) => [STILL, ...rotation]),
    curve('Scale', 'factor', boxes, ({ scale }) =>
      [...scale, { amount: 1, change: 0 }].sort((a, b) => a.amount - b.amount),
    ),
  ];
  return page(
    title,
    `<p>How much the output of each box changes while the input is shifted, rotated and scaled: ` +
      `the norm of the difference, relative to the norm of the output, over ${examples} examples. ` +
      `A box is invariant where its curve stays low. The last column of the table is the change if the input ` +
      `is replaced by another example.</p>
${grid(curves)}
<section><h2>Relative changes</h2><div class="scroll">${table(boxes)}</div></section>
${fields.length > 0 ? fieldsSection(fields) : ''}`,
  );
}

/** No transformation, no change. */
const STILL: Change = { amount: 0, change: 0 };

function curve(
  title: string,
  x: string,
  boxes: readonly BoxInvariance[],
  of: (box: BoxInvariance) => readonly Change[],
) {
  const points = boxes.flatMap((box) =>
    of(box).map(({ amount, change }) => ({ x: amount, y: change, curve: invarianceLabel(box) })),
  );
  const options = {
    x,
    y: 'relative change',
    curves: boxes.map(invarianceLabel),
    ticks: of(boxes[0]).map(({ amount }) => amount),
  };
  return { name: title.toLowerCase(), title, picture: chart(points, options) };
}

/** The columns of the table: for each transformation, the amounts of the first box. */
function table(boxes: readonly BoxInvariance[]): string {
  const [{ shift, rotation, scale }] = boxes;
  const heads = [
    ...shift.map(({ amount }) => `${amount} px`),
    ...rotation.map(({ amount }) => `${amount}°`),
    ...scale.map(({ amount }) => `×${amount}`),
    'another',
  ];
  const rows = boxes.map((box) => {
    const changes = [...box.shift, ...box.rotation, ...box.scale].map(({ change }) => change);
    const cells = [...changes, box.other].map((change) => `<td>${briefChange(change)}</td>`);
    return `<tr><th>${escape(invarianceLabel(box))}</th>${cells.join('')}</tr>`;
  });
  const head = heads.map((text) => `<td>${text}</td>`).join('');
  return `<table class="trials"><tr><th></th>${head}</tr>${rows.join('')}</table>`;
}

/** Formats a relative change: `0.31`, or a dash where the output is 0. */
export const briefChange = (change: number): string =>
  Number.isFinite(change) ? change.toFixed(2) : '–';

function fieldsSection(fields: readonly BoxField[]): string {
  const figures = fields.map(({ label, field }) => {
    const caption = escape(`${label}: ${describeField(field)}`);
    return `<figure>${fieldPicture(field)}<figcaption>${caption}</figcaption></figure>`;
  });
  return `<section><h2>Receptive fields</h2>
<p>How strongly each pixel of the image influences the middle of a box's output, by the gradient (Luo et al. 2016); the
brighter, the stronger. The frame is the theoretical field, outside of which no pixel has an influence. The effective
field is given as the side of a square with as many pixels as have more than 4.55 % of the largest influence.</p>
<div class="gabors">${figures.join('')}</div></section>`;
}

/** Formats the sizes of receptive fields: `14x14, effective 6.9`. */
export function describeField({ theoretical, side }: EffectiveField): string {
  const sides = theoretical?.map(([first, last]) => last - first + 1);
  return `${sides === undefined ? 'unknown' : sides.join('x')}, effective ${side.toFixed(1)}`;
}

/** Draws the influence of each pixel, with the theoretical field as a frame. */
function fieldPicture({ shape, values, theoretical }: EffectiveField): string {
  const [height, width] = shape;
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  const { png } = tiles([{ height, width, channels: 1, values }], 1, [0, most]);
  const address = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const [rows, columns] = theoretical ?? [];
  const frame =
    rows && columns
      ? `<rect x="${columns[0]}" y="${rows[0]}" width="${columns[1] - columns[0] + 1}" height="${rows[1] - rows[0] + 1}" ` +
        `fill="none" stroke="#e69f00" stroke-width="2" vector-effect="non-scaling-stroke"/>`
      : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-0.5 -0.5 ${width + 1} ${height + 1}" width="100%">` +
    `<image href="${address}" width="${width}" height="${height}" style="image-rendering: pixelated"/>${frame}</svg>`
  );
}
