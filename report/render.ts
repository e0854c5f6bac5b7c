import type { ReportData } from './collect.ts';
import { confusionSection } from './confusion.ts';
import {
  correlationsFigures,
  curveFigures,
  filtersFigure,
  hiddenFigures,
  mapFigures,
  sizeFigures,
  unitsFigure,
} from './figures.ts';
import { gaborSection } from './gaborSection.ts';
import { hiddenSection } from './hiddenSection.ts';
import { escape, figureHtml, grid, image, page, unfolding } from './html.ts';
import type { Judgement } from './judgeRun.ts';
import { tiles, type Figure } from './pictures.ts';
import { unitsSection, unitsText } from './unitsSection.ts';

/** Makes the page of a report. */
export function renderReport(data: ReportData): string {
  const { title, judgement, hidden, examples, errors, stage } = data;
  // The weights of a failed run are from an earlier step, so its hidden units get no verdict.
  const verdicts = [
    judgement,
    ...(isWhole(data) && stage?.trained !== false ? hidden.slice(-1) : []),
  ];
  const evaluated =
    `The network${stage === undefined ? '' : ` ${stage.when}`} was evaluated on ${examples} examples that it was not trained on; ` +
    `it misclassifies ${errors} of them.`;
  const parts = sections(data).map(
    ([name, content]) => `<section><h2>${name}</h2>${content}</section>`,
  );
  return page(
    title,
    `${verdicts.map(judged).join('\n')}
<p>${evaluated}</p>
${parts.join('\n')}`,
  );
}

/** Returns the figures of a report, without the misclassified examples. */
export function reportFigures(data: ReportData): Figure[] {
  const { hidden, filters } = data;
  return [
    ...curveFigures(data),
    ...sizeFigures(data),
    ...hidden.slice(-1).map(unitsFigure),
    ...hidden.slice(-1).flatMap(correlationsFigures),
    ...hiddenFigures(data),
    ...(filters.length > 0 ? [filtersFigure(data)] : []),
    ...mapFigures(data).flat(),
  ];
}

/** Returns whether the run ended without a failure. */
function isWhole({ lines }: ReportData): boolean {
  return lines.failure === undefined;
}

/** Formats a verdict. */
export function judged({ verdict, sentence }: Judgement): string {
  return `<p class="${verdict}"><b>${verdict}</b> ${escape(sentence)}</p>`;
}

/** Returns the sections that have content. */
function sections(data: ReportData): [name: string, content: string][] {
  const { hidden, stage, filters, gabors, units, inputs, wrong, confusion, classNames } = data;
  const sizes = sizeFigures(data);
  const some = (name: string, count: number, content: () => string): [string, string][] =>
    count > 0 ? [[name, content()]] : [];
  return [
    ['Training curves', grid(curveFigures(data))],
    ...some('Weights, gradients, updates', sizes.length, () => {
      return sizesSection(sizes);
    }),
    ...some('Hidden units', hidden.length, () =>
      hiddenSection(hidden, hiddenFigures(data), stage, isWhole(data)),
    ),
    ...some('Filters of the first layer', filters.length, () => {
      return `<p>The largest filter stands first. In good training filters exhibit structure and differ from each other.</p>${figureHtml(filtersFigure(data), { width: 288 })}`;
    }),
    ...(gabors ? [['Gabor functions', gaborSection(gabors)] as [string, string]] : []),
    ...some('Patches with the largest responses', units.length, () => {
      return `<p>${unitsText(units[0].rule)} <code>boxprop units</code> shows them for any box.</p>${unitsSection(units)}`;
    }),
    ...some('Feature maps', inputs.length, () => mapsSection(data)),
    ['Confusion matrix', confusionSection(confusion, classNames)],
    ...some('Most confident errors', wrong.length, () => wrongSection(data)),
  ];
}

/** Makes the section of the sizes of weights, gradients and updates. */
export function sizesSection(figures: readonly Figure[]): string {
  return `<p>Root mean squares at the last step of each epoch. An update of about a thousandth of the weight, the dashed line, is healthy.</p>${grid(figures)}`;
}

function mapsSection(data: ReportData): string {
  const inputs = data.inputs.map(({ picture, example }) =>
    image(tiles([picture], 1), `example ${example}`),
  );
  const boxes = mapFigures(data).map((figures, box) => {
    const { label, shape } = data.featureMaps[box];
    const maps = figures.map((one) => figureHtml(one)).join('');
    return `<h3>${escape(label)} <small>${shape.join(' × ')}</small></h3><div class="inputs">${maps}</div>`;
  });
  return `<div class="inputs small">${inputs.join('')}</div>${unfolding(boxes, 16, 'Later boxes')}`;
}

function wrongSection({ wrong, classNames }: ReportData): string {
  const name = (k: number) => escape(classNames?.[k] ?? String(k));
  const figures = wrong.map(({ picture, example, label, prediction, probability }) => {
    const caption = `<b>${name(label)}</b> predicted as <b>${name(prediction)}</b><br>with ${Math.round(100 * probability)} %`;
    return `<figure>${image(tiles([picture], 1), `example ${example}`)}<figcaption>${caption}</figcaption></figure>`;
  });
  return `<div class="wrong">${figures.join('')}</div>`;
}
