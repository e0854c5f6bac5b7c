import { fill, memory, tidy, type Rank } from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Conv2D, Flatten, Linear, ReLU, Rng, Sequential, useBackend } from '../../index.ts';
import { ArrayDataset } from '../../data/index.ts';
import { collectReport, type ReportOptions } from '../../report/collect.ts';
import { renderReport } from '../../report/render.ts';
import { writeReport } from '../../report/writeReport.ts';
import { findChromium } from '../../bench/chromium.ts';
import { logOf, type EpochFigures } from '../support/figures.ts';

const FALLING: EpochFigures[] = [
  [2, 0.6, 2, 0.6],
  [1, 0.3, 1, 0.3],
  [0.5, 0.1, 0.5, 0.1],
];
const STUCK: EpochFigures[] = FALLING.map(() => [2.3, 0.9, 2.3, 0.9]);

/** Report options for a network on noise data. All its hidden units have the given bias. */
function optionsOf(
  bias: number,
  log = logOf(FALLING),
  more: { classNames?: string[] } = {},
): ReportOptions {
  const rng = new Rng(0);
  const hidden = new Linear(120, 16, { rng });
  tidy(() => hidden.params.bias?.assign(fill<Rank.R1>([16], bias)));
  const boxes = [new Conv2D(3, 6, 3, { rng }), new ReLU(), new Flatten(), hidden, new ReLU()];
  const inputs = Float32Array.from(rng.normals(60 * 126));
  const labels = Array.from({ length: 60 }, (_, n) => Math.floor(n / 7));
  return {
    title: 'noise & <nothing>',
    log,
    network: new Sequential([...boxes, new Linear(16, 10, { rng })]),
    dataset: new ArrayDataset({
      name: 'noise',
      inputs,
      inputShape: [6, 7, 3],
      labels,
      classes: 10,
      ...more,
    }),
  };
}

beforeAll(() => useBackend('cpu'));

test('collects the outputs of the boxes for the chosen examples, without a leak', async () => {
  const options = optionsOf(0);
  const { numTensors } = memory();
  const data = await collectReport(options);
  expect(memory().numTensors).toBe(numTensors);
  expect(data.inputs.map(({ example }) => example)).toEqual([0, 7, 14]);
  expect(
    data.featureMaps.map(({ label, shape, maps }) => [label, shape, maps.map((own) => own.length)]),
  ).toEqual([
    ['Conv2D 0', [4, 5, 6], [6, 6, 6]],
    ['ReLU 1', [4, 5, 6], [6, 6, 6]],
    ['Linear 3', [16], [1, 1, 1]],
    ['ReLU 4', [16], [1, 1, 1]],
    ['Linear 5', [10], [1, 1, 1]],
  ]);
  expect(data.hidden.map(({ box, examples, units }) => [box, examples, units])).toEqual([
    ['ReLU 1', 60, 6],
    ['ReLU 4', 60, 16],
  ]);
  expect(data.filters.map(({ height, width, channels }) => [height, width, channels])).toEqual(
    Array.from({ length: 6 }, () => [3, 3, 3]),
  );
  expect(data.confusion.map((row) => row.reduce((a, b) => a + b))).toEqual([
    7, 7, 7, 7, 7, 7, 7, 7, 4, 0,
  ]);
  expect(data.wrong).toHaveLength(12);
  for (const { label, prediction, example } of data.wrong) {
    expect(prediction).not.toBe(label);
    expect(label).toBe(Math.floor(example / 7));
  }
  const sure = data.wrong.map(({ probability }) => probability);
  expect([...sure].sort((a, b) => b - a)).toEqual(sure);
  const other = await collectReport({ ...options, examples: [59, 3] });
  expect(other.inputs.map(({ example }) => example)).toEqual([59, 3]);
  // The output for an example does not depend on the other examples.
  expect((await collectReport({ ...options, examples: [0] })).featureMaps[1].maps[0]).toEqual(
    data.featureMaps[1].maps[0],
  );
});

test('calls the classes by their names', async () => {
  const classNames = Array.from({ length: 10 }, (_, k) => `<c${k}>`);
  const html = renderReport(await collectReport(optionsOf(0, logOf(FALLING), { classNames })));
  expect(html).toContain('The classes: <b>0</b>&#160;&#60;c0&#62;, <b>1</b>&#160;&#60;c1&#62;, ');
  expect(html).toMatch(/<b>&#60;c\d&#62;<\/b> predicted as <b>&#60;c\d&#62;<\/b>/);
  expect(renderReport(await collectReport(optionsOf(0)))).not.toContain('The classes:');
});

test('reports dead units as bad', async () => {
  const html = renderReport(await collectReport(optionsOf(-1000, logOf(STUCK))));
  expect(html).toMatch(
    /<b>bad<\/b> The network does not learn: .* 100 % of the hidden units are dead/,
  );
  expect(html).toContain(
    '<b>bad</b> Bad training in ReLU 4: all 16 units ignore the input: each gives one output, whatever the example.',
  );
  expect(html).toContain('<h1>noise &#38; &#60;nothing&#62;</h1>');
  // A logarithmic axis cannot show a gradient of 0.
  expect(html).toContain('>Flatten 2 (0)<');
});

describe('of a run that diverged', () => {
  const log = logOf(FALLING, { failure: 'non-finite loss at step 30' });
  const at = async (step: number) =>
    renderReport(
      await collectReport({ ...optionsOf(0, log), progress: { step, examples: 60, batchSize: 7 } }),
    );

  test('names the epoch of the hidden units, and shows no verdict on them at the top', async () => {
    const html = await at(27);
    expect(html.match(/<p class="\w+"><b>\w+<\/b>/g)).toEqual(['<p class="bad"><b>bad</b>']);
    expect(html).toContain('The network after epoch 3 was evaluated on 60 examples');
    expect(html).toContain(' These are the units after epoch 3, before the run failed.</p>');
    expect(html).toMatch(/<td class="(good|warning|bad)">/);
    expect(await at(20)).toContain(' These are the units after 20 steps, in epoch 3, before');
  });

  test('draws the statistics of the hidden units over the epochs, and the last correlations', async () => {
    const html = await at(30);
    for (const title of [
      'Units that ignore the input',
      'Near 0, across examples',
      'Near 0, across units',
      'Correlation between units',
    ]) {
      expect(html).toContain(title);
    }
    expect(html).toMatch(/Correlations of all \d+ units of ReLU 4 that do not ignore the input/);
    // If all units are dead, there is nothing to correlate.
    const dead = renderReport(await collectReport(optionsOf(-1000)));
    expect(dead).not.toContain('Correlations of');
  });

  test('does not judge the hidden units of weights that were never trained', async () => {
    const html = await at(0);
    expect(html).toContain('The network before the first step was evaluated');
    expect(html).toContain(
      ' These are the units of the initial weights, before the first step: they say',
    );
    expect(html).not.toMatch(/<td class="(good|warning|bad)">/);
  });
});

test('is written with its figures as PNG, black on white', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'boxprop-report-'));
  try {
    const files = await writeReport(join(folder, 'run.html'), optionsOf(0), true);
    expect(readdirSync(folder).sort()).toEqual(['run', 'run.html']);
    expect(files).toHaveLength(1 + 7 + 3 + 4 + 5 * 3);
    const error = decode(readFileSync(join(folder, 'run', 'error.png')));
    expect([error.width, error.channels]).toEqual([800, 3]);
    expect(error.data.filter((value) => value === 255).length).toBeGreaterThan(
      error.data.length / 2,
    );
    expect(error.data.some((value) => value < 50)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const browser = findChromium();

describe('in a browser', () => {
  (browser === undefined ? test.skip : test)(
    `fits a phone and a desktop, and asks for nothing${browser === undefined ? ' (skipped: no Chromium is installed)' : ''}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'boxprop-report-'));
      const [file] = await writeReport(join(folder, 'report.html'), optionsOf(0));
      const chrome = await chromium.launch({
        ...(browser && { executablePath: browser }),
        args: ['--no-sandbox'],
      });
      try {
        for (const width of [390, 1280]) {
          const page = await chrome.newPage({ viewport: { width, height: 800 } });
          const requests: string[] = [];
          page.on('request', (request) => requests.push(request.url()));
          await page.goto(`file://${file}`);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          // No table or picture may overflow its scrollable part either.
          expect(
            await page.evaluate(
              `[...document.querySelectorAll('svg, img, table')].filter((e) => e.getBoundingClientRect().right > ${width}).length`,
            ),
          ).toBe(0);
          expect(await page.evaluate("document.querySelectorAll('svg').length")).toBe(7 + 4);
          expect(await page.evaluate('[...document.images].every((i) => i.naturalWidth > 0)')).toBe(
            true,
          );
          expect(requests.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
        }
      } finally {
        await chrome.close();
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );
});
