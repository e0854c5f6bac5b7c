import { curves, type Point } from './charts.ts';
import type { ReportData } from './collect.ts';
import { judgeCurves, type EpochFigures } from './judgeCurves.ts';
import { tiles } from './pictures.ts';

interface EpochLine extends EpochFigures {
  readonly epoch: number;
  readonly boxes: readonly { path: string; weight: number; gradient: number; update: number }[];
}

/** A report as one HTML file that needs nothing else. */
export function renderReport(data: ReportData): string {
  const { title, log, classes, evaluation, hidden, filters, featureMaps, wrong, input } = data;
  const epochs = log.filter(({ type }) => type === 'epoch') as unknown as EpochLine[];
  const steps = log.filter(({ type }) => type === 'step') as unknown as {
    step: number;
    loss: number;
    learningRate: number;
  }[];
  const failed = log.at(-1);
  const failure = failed?.type === 'failed' ? String(failed.message) : undefined;
  const verdicts = [judgeCurves(epochs, classes, failure), ...(hidden ? [hidden] : [])];
  const both = (figure: (of: { loss: number; errorRate: number }) => number): Point[] =>
    epochs.flatMap(({ epoch, train, validation }) => [
      { x: epoch, y: figure(train), curve: 'training' },
      { x: epoch, y: figure(validation), curve: 'held out' },
    ]);
  const every = Math.max(1, Math.floor(steps.length / 400));
  const thinned = steps.filter((_, k) => k % every === 0);
  const ofSteps = (key: 'loss' | 'learningRate', curve: string) =>
    thinned.map((one) => ({ x: one.step, y: one[key], curve }));
  const ofBoxes = (figure: (box: EpochLine['boxes'][number]) => number): Point[] =>
    epochs.flatMap(({ epoch, boxes }) =>
      boxes.map((box) => ({ x: epoch, y: figure(box), curve: `box ${box.path}` })),
    );
  const sections: [string, string][] = [
    [
      'Error',
      curves(
        both(({ errorRate }) => 100 * errorRate),
        { x: 'epoch', y: 'error, %' },
      ),
    ],
    [
      'Loss',
      curves(
        both(({ loss }) => loss),
        { x: 'epoch', y: 'loss, nats' },
      ),
    ],
    ['Loss of each step', curves(ofSteps('loss', 'loss'), { x: 'step', y: 'loss, nats' })],
    ['Learning rate', curves(ofSteps('learningRate', 'rate'), { x: 'step', y: 'learning rate' })],
    [
      'Size of the weights of each box',
      curves(
        ofBoxes(({ weight }) => weight),
        { x: 'epoch', y: 'root mean square' },
        true,
      ),
    ],
    [
      'Size of the gradients of each box',
      curves(
        ofBoxes(({ gradient }) => gradient),
        { x: 'epoch', y: 'root mean square' },
        true,
      ),
    ],
    [
      'Update relative to the weights of each box (1e-3 is healthy)',
      curves(
        ofBoxes(({ update, weight }) => update / (weight || 1)),
        { x: 'epoch', y: 'update / weight' },
        true,
      ),
    ],
  ];
  if (hidden) {
    const { samples, units, values, box } = hidden;
    const picture = { height: samples, width: units, channels: 1, values };
    sections.push([
      `Hidden units of ${box}: a row a sample, a column a unit`,
      `<p>${escape(hidden.sentence)} Of all answers ${Math.round(100 * hidden.sparsityAcrossUnits)} % are near 0.</p>${image(tiles([picture], 1), box)}`,
    ]);
  }
  if (filters.length > 0)
    sections.push(['Filters of the first layer, the largest first', image(tiles(filters, 12), 'filters')]);
  if (featureMaps.length > 0 && input) {
    const maps = featureMaps.map(
      ({ place, maps }) => `<h3>${escape(place)}</h3>${image(tiles(maps, 8), place)}`,
    );
    sections.push([
      'What each box makes of an image',
      `${image(tiles([input], 1, [0, 1]), 'the image', 'small')}${maps.join('')}`,
    ]);
  }
  sections.push(['Which class it takes for which', confusion(evaluation.confusion)]);
  if (wrong.length > 0) sections.push(['The most wrong examples', wrongExamples(data)]);
  const head = verdicts.map(
    ({ verdict, sentence }) => `<p class="${verdict}"><b>${verdict}</b> ${escape(sentence)}</p>`,
  );
  const body = sections.map(([name, content]) => `<section><h2>${escape(name)}</h2>${content}</section>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(title)}</h1>
${[...head, ...body].join('\n')}
</body>
</html>
`;
}

const STYLE = `
body { font: 16px/1.45 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; color: #222; background: #fff; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; } h3 { font-size: 0.9rem; margin: 1rem 0 0.25rem; overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; } figure { margin: 0; }
img { width: 100%; image-rendering: pixelated; border: 1px solid #ddd; box-sizing: border-box; } img.small { width: 8rem; }
.good, .warning, .bad { padding: 0.5rem 0.75rem; border-left: 0.4rem solid; background: #f6f6f6; }
.good { border-color: #2a8a3e; } .warning { border-color: #d08700; } .bad { border-color: #c0262d; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.8rem; } td, th { padding: 0.2rem 0.4rem; text-align: right; }
.wrong { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); gap: 0.75rem; font-size: 0.8rem; }
`;

function image(address: string, alt: string, kind = ''): string {
  return `<img src="${address}" alt="${escape(alt)}"${kind === '' ? '' : ` class="${kind}"`}>`;
}

function confusion(matrix: readonly (readonly number[])[]): string {
  const shown = matrix.slice(0, 20);
  const most = Math.max(1, ...shown.flat());
  const cell = (count: number, right: boolean) => {
    const strength = count === 0 ? 0 : 0.15 + (0.6 * count) / most;
    const colour = right
      ? `rgba(42, 138, 62, ${strength.toFixed(2)})`
      : `rgba(192, 38, 45, ${Math.min(1, strength * 2).toFixed(2)})`;
    return `<td style="background: ${count === 0 ? 'none' : colour}">${count === 0 ? '' : count}</td>`;
  };
  const rows = shown.map((row, label) => {
    return `<tr><th>${label}</th>${row
      .slice(0, 20)
      .map((count, k) => cell(count, k === label))
      .join('')}</tr>`;
  });
  const heads = shown.map((_, k) => `<th>${k}</th>`).join('');
  return `<div class="scroll"><table><tr><th>label ╲ answer</th>${heads}</tr>${rows.join('')}</table></div>`;
}

function wrongExamples({ wrong }: ReportData): string {
  const figures = wrong.map(({ picture, label, answer, probability }) => {
    const caption = `${label} taken for ${answer}, ${Math.round(100 * probability)} %`;
    return `<figure>${image(tiles([picture], 1), caption)}<figcaption>${caption}</figcaption></figure>`;
  });
  return `<div class="wrong">${figures.join('')}</div>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
