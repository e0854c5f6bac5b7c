import { correlationsFigures, unitsFigure } from './figures.ts';
import { percent, type HiddenUnits } from './hiddenUnits.ts';
import { escape, figureHtml, grid, unfolding } from './html.ts';
import type { Figure } from './pictures.ts';
import type { Stage } from './stage.ts';

/**
 * The largest width of a unit in pixels of the page. It is limited so that the picture of a few
 * units is small.
 */
const PIXELS = 4;

/**
 * Makes the section about hidden units: statistics of each box, and a picture of the last box's
 * outputs as in the lecture.
 *
 * @param curves the statistics over the epochs.
 * @param stage the progress of the training. The units of an untrained network get no verdict.
 * @param whole whether the run ended without a failure.
 */
export function hiddenSection(
  hidden: readonly HiddenUnits[],
  curves: readonly Figure[],
  stage?: Stage,
  whole = true,
): string {
  const trained = stage?.trained ?? true;
  const share = (value: number) => percent(value, '<1 %');
  const heads = [
    'ignore the input',
    'near 0, across examples',
    'near 0, across units',
    'correlation',
    '',
  ];
  const rows = hidden.map((one) => {
    const alive = one.dead < 1;
    const figures = [
      share(one.dead),
      alive ? share(one.sparsityAcrossExamples) : '–',
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
  // The last boxes are the most informative, so they are shown first.
  const tables = [rows.slice(-8), rows.slice(0, -8)].filter((part) => part.length > 0);
  const table = (part: readonly string[]) =>
    `<table class="figures">${head}${part.join('')}</table>`;
  return `<p>In good training they are sparse across examples and across units. In bad training many ignore the input, or they correlate strongly.${stageSentence(stage, whole)}</p>
${unfolding(tables.map(table), 1, 'Earlier boxes')}
<p>${escape(last.box)}: one row per example, one column per unit; white values are large.</p>
${figureHtml(unitsFigure(last), { fine: true, width: PIXELS * last.units })}
${correlationsOf(last)}${curves.length > 0 ? `<p>The same statistics after each epoch:</p>${grid(curves)}` : ''}`;
}

/** Shows the matrix of correlations, if there is one. */
function correlationsOf(last: HiddenUnits): string {
  const [figure] = correlationsFigures(last);
  if (figure === undefined) return '';
  const units = Math.sqrt(last.correlations.length);
  return `<p>Correlations of ${units < 256 ? 'all' : 'the first'} ${units} units of ${escape(last.box)} that do not ignore the input, each with each: white is 1, grey is 0, black is −1.</p>
${figureHtml(figure, { fine: true, width: Math.min(320, PIXELS * units) })}`;
}

function stageSentence(stage: Stage | undefined, whole: boolean): string {
  if (stage === undefined) return '';
  if (!stage.trained)
    return ` These are the units of the initial weights, ${stage.when}: they say nothing about the training.`;
  return ` These are the units ${stage.when}${whole ? '' : ', before the run failed'}.`;
}
