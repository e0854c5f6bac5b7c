import { escape, image } from './html.ts';
import { tiles, type Tiles } from './pictures.ts';

type Matrix = readonly (readonly number[])[];

/**
 * The largest number of classes for which a table is drawn. With more classes, the counts would be
 * illegible, so an image is drawn.
 */
const LEGIBLE = 16;

/**
 * Makes the section of the confusion matrix.
 *
 * @param confusion `confusion[label][prediction]` is the number of examples with this label and
 *   this prediction.
 */
export function confusionSection(confusion: Matrix, classNames: readonly string[] = []): string {
  const legible = confusion.length <= LEGIBLE;
  const names = classNames.map((name, k) => ` <b>${k}</b>&#160;${escape(name)}`).join(',');
  const inline = legible && names !== '' ? ` The classes:${names}.` : '';
  return `<p>One row per label, one column per prediction.${inline}</p>
${names === '' || legible ? '' : `<details><summary>The classes</summary><p>${names}</p></details>`}
${legible ? table(confusion) : image(picture(confusion), 'confusion matrix', { width: 480 })}`;
}

/** Makes a table. A cell is green if its label and its prediction are equal, and red otherwise. */
function table(confusion: Matrix): string {
  const [right, wrong] = [true, false].map((same) =>
    Math.max(
      1,
      ...confusion.flatMap((row, label) =>
        row.filter((_, prediction) => (prediction === label) === same),
      ),
    ),
  );
  const cell = (count: number, same: boolean) => {
    if (count === 0) return '<td></td>';
    const strength = (0.15 + 0.5 * (count / (same ? right : wrong))).toFixed(2);
    return `<td style="background: rgba(${same ? '42, 138, 62' : '192, 38, 45'}, ${strength})">${count}</td>`;
  };
  const rows = confusion.map((row, label) => {
    return `<tr><th>${label}</th>${row.map((count, prediction) => cell(count, prediction === label)).join('')}</tr>`;
  });
  const heads = confusion.map((_, prediction) => `<th>${prediction}</th>`).join('');
  return `<table class="confusion"><tr><th></th>${heads}</tr>${rows.join('')}</table>`;
}

/** Draws an image. In each row, 0 is white and the largest count is black. */
function picture(confusion: Matrix): Tiles {
  const values = confusion.flatMap((row) => row.map((count) => 1 - count / Math.max(1, ...row)));
  return tiles(
    [{ height: confusion.length, width: confusion.length, channels: 1, values }],
    1,
    [0, 1],
  );
}
