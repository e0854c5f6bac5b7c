import { escape, image } from './html.ts';
import { tiles, type Tiles } from './pictures.ts';

type Matrix = readonly (readonly number[])[];

/** With more classes the counts are not legible, and a picture shows them. */
const LEGIBLE = 16;

/** `confusion[label][answer]`, the counts of records. */
export function confusionSection(confusion: Matrix, classNames: readonly string[] = []): string {
  const legible = confusion.length <= LEGIBLE;
  const names = classNames.map((name, k) => ` <b>${k}</b>&#160;${escape(name)}`).join(',');
  const inline = legible && names !== '' ? ` The classes:${names}.` : '';
  return `<p>A row a label, a column an answer of the network.${inline}</p>
${names === '' || legible ? '' : `<details><summary>The classes</summary><p>${names}</p></details>`}
${legible ? table(confusion) : image(picture(confusion), 'confusion matrix', { width: 480 })}`;
}

/** Green where label and answer are the same, red where not. */
function table(confusion: Matrix): string {
  const [right, wrong] = [true, false].map((same) =>
    Math.max(
      1,
      ...confusion.flatMap((row, label) => row.filter((_, answer) => (answer === label) === same)),
    ),
  );
  const cell = (count: number, same: boolean) => {
    if (count === 0) return '<td></td>';
    const strength = (0.15 + 0.5 * (count / (same ? right : wrong))).toFixed(2);
    return `<td style="background: rgba(${same ? '42, 138, 62' : '192, 38, 45'}, ${strength})">${count}</td>`;
  };
  const rows = confusion.map((row, label) => {
    return `<tr><th>${label}</th>${row.map((count, answer) => cell(count, answer === label)).join('')}</tr>`;
  });
  const heads = confusion.map((_, answer) => `<th>${answer}</th>`).join('');
  return `<table class="confusion"><tr><th></th>${heads}</tr>${rows.join('')}</table>`;
}

/** Each row from white, 0, to black, its largest count. */
function picture(confusion: Matrix): Tiles {
  const values = confusion.flatMap((row) => row.map((count) => 1 - count / Math.max(1, ...row)));
  return tiles(
    [{ height: confusion.length, width: confusion.length, channels: 1, values }],
    1,
    [0, 1],
  );
}
