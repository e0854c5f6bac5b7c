import { unitsFigure } from './figures.ts';
import { percent, type HiddenUnits } from './hiddenUnits.ts';
import { escape, figureHtml, unfolding } from './html.ts';
import type { Stage } from './stage.ts';

/** Of the page, a unit at most: a few units do not make a picture as high as the page. */
const PIXELS = 4;

/**
 * The hidden units of each box in figures, and those of the last box as the lecture's picture.
 *
 * @param stage when they were so; units of a network that is not trained are not judged.
 * @param whole whether the run went on to its end.
 */
export function hiddenSection(hidden: readonly HiddenUnits[], stage?: Stage, whole = true): string {
  const trained = stage?.trained ?? true;
  const share = (value: number) => percent(value, '<1 %');
  const heads = [
    'ignore the input',
    'near 0, across samples',
    'near 0, across units',
    'correlate by',
    '',
  ];
  const rows = hidden.map((one) => {
    const alive = one.dead < 1;
    const figures = [
      share(one.dead),
      alive ? share(one.sparsityAcrossSamples) : '–',
      share(one.sparsityAcrossUnits),
      alive ? one.correlation.toFixed(2) : '–',
    ];
    const name = `<tr><th colspan="5">${escape(one.box)} <small>${one.units} units</small></th></tr>`;
    const cells = figures.map((text) => `<td>${escape(text)}</td>`).join('');
    const verdict = trained ? `<td class="${one.verdict}">${one.verdict}</td>` : '<td></td>';
    return `${name}<tr>${cells}${verdict}</tr>`;
  });
  const [last] = hidden.slice(-1);
  const head = `<tr>${heads.map((text) => `<td>${text}</td>`).join('')}</tr>`;
  // The last boxes say the most.
  const tables = [rows.slice(-8), rows.slice(0, -8)].filter((part) => part.length > 0);
  const table = (part: readonly string[]) =>
    `<table class="figures">${head}${part.join('')}</table>`;
  return `<p>In good training they are sparse across samples and across units. In bad training many ignore the input, or they correlate strongly.${saidOf(stage, whole)}</p>
${unfolding(tables.map(table), 1, 'The boxes before')}
<p>${escape(last.box)}: a row a sample, a column a unit, white where it is large.</p>
${figureHtml(unitsFigure(last), { fine: true, width: PIXELS * last.units })}`;
}

function saidOf(stage: Stage | undefined, whole: boolean): string {
  if (stage === undefined) return '';
  if (!stage.trained)
    return ` These are of weights as they were drawn, ${stage.when}: they say nothing of the training.`;
  return ` These are of the weights ${stage.when}${whole ? '' : ', before the run broke off'}.`;
}
