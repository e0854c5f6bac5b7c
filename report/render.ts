import type { ReportData } from './collect.ts';
import { confusionSection } from './confusion.ts';
import {
  curveFigures,
  filtersFigure,
  mapFigures,
  sizeFigures,
  unitsFigure,
  type Figure,
} from './figures.ts';
import { gaborSection } from './gaborSection.ts';
import { hiddenSection } from './hiddenSection.ts';
import { escape, figureHtml, grid, image, page, unfolding } from './html.ts';
import type { Judgement } from './judgeRun.ts';
import { tiles } from './pictures.ts';
import { UNITS_TEXT, unitsSection } from './unitsSection.ts';

/** A report as one HTML file that needs nothing else. */
export function renderReport(data: ReportData): string {
  const { title, judgement, hidden, records, errors, stage } = data;
  // What broke off is looked at as it was before.
  const verdicts = [
    judgement,
    ...(isWhole(data) && stage?.trained !== false ? hidden.slice(-1) : []),
  ];
  const asked =
    `The network${stage === undefined ? '' : ` as it was ${stage.when}`} was looked at with ${records} records that it was not ` +
    `trained on; it takes ${errors} of them for something else.`;
  const parts = sections(data).map(
    ([name, content]) => `<section><h2>${name}</h2>${content}</section>`,
  );
  return page(
    title,
    `${verdicts.map(judged).join('\n')}
<p>${asked}</p>
${parts.join('\n')}`,
  );
}

/** The pictures of a report but the wrong examples. */
export function reportFigures(data: ReportData): Figure[] {
  const { hidden, filters } = data;
  return [
    ...curveFigures(data),
    ...sizeFigures(data),
    ...hidden.slice(-1).map(unitsFigure),
    ...(filters.length > 0 ? [filtersFigure(data)] : []),
    ...mapFigures(data).flat(),
  ];
}

/** Whether the run did not break off. */
function isWhole({ lines }: ReportData): boolean {
  return lines.failure === undefined;
}

function judged({ verdict, sentence }: Judgement): string {
  return `<p class="${verdict}"><b>${verdict}</b> ${escape(sentence)}</p>`;
}

/** Those for which there is something to show. */
function sections(data: ReportData): [name: string, content: string][] {
  const { hidden, stage, filters, gabors, units, inputs, wrong, confusion, classNames } = data;
  const sizes = sizeFigures(data);
  const some = (name: string, count: number, content: () => string): [string, string][] =>
    count > 0 ? [[name, content()]] : [];
  return [
    ['How it went', grid(curveFigures(data))],
    ...some('Weights, gradients, updates', sizes.length, () => {
      return `<p>Root mean squares, at the last step of each epoch. An update near a thousandth of the weight, the dashed line, is healthy.</p>${grid(sizes)}`;
    }),
    ...some('Hidden units', hidden.length, () => hiddenSection(hidden, stage, isWhole(data))),
    ...some('Filters of the first layer', filters.length, () => {
      return `<p>The largest first. In good training filters exhibit structure, and are unlike each other.</p>${figureHtml(filtersFigure(data), { width: 288 })}`;
    }),
    ...(gabors ? [['Gabor functions', gaborSection(gabors)] as [string, string]] : []),
    ...some('What single units answer to', units.length, () => {
      return `<p>${UNITS_TEXT} <code>boxprop units</code> shows any box.</p>${unitsSection(units)}`;
    }),
    ...some('What the boxes make of some inputs', inputs.length, () => mapsSection(data)),
    ['Labels and answers', confusionSection(confusion, classNames)],
    ...some('The most wrong examples', wrong.length, () => wrongSection(data)),
  ];
}

function mapsSection(data: ReportData): string {
  const inputs = data.inputs.map(({ picture, record }) =>
    image(tiles([picture], 1), `record ${record}`),
  );
  const boxes = mapFigures(data).map((figures, box) => {
    const { label, shape } = data.featureMaps[box];
    const maps = figures.map((one) => figureHtml(one)).join('');
    return `<h3>${escape(label)} <small>${shape.join(' × ')}</small></h3><div class="inputs">${maps}</div>`;
  });
  return `<div class="inputs small">${inputs.join('')}</div>${unfolding(boxes, 16, 'The boxes after')}`;
}

function wrongSection({ wrong, classNames }: ReportData): string {
  const name = (k: number) => escape(classNames?.[k] ?? String(k));
  const figures = wrong.map(({ picture, record, label, answer, probability }) => {
    const caption = `<b>${name(label)}</b> taken for <b>${name(answer)}</b><br>${Math.round(100 * probability)} % sure`;
    return `<figure>${image(tiles([picture], 1), `record ${record}`)}<figcaption>${caption}</figcaption></figure>`;
  });
  return `<div class="wrong">${figures.join('')}</div>`;
}
