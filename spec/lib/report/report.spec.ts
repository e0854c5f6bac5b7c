import { decode } from 'fast-png';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ArrayDataset, Conv2D, Flatten, Linear, ReLU, Rng, Sequential, useBackend } from '../../../index.ts';
import type { LogLine } from '../../../lib/io/runLog.ts';
import { collectReport } from '../../../lib/report/collect.ts';
import { hiddenUnits } from '../../../lib/report/hiddenUnits.ts';
import { judgeCurves, type EpochFigures } from '../../../lib/report/judgeCurves.ts';
import { tiles } from '../../../lib/report/pictures.ts';
import { renderReport } from '../../../lib/report/render.ts';
import { fill, memory, tidy, type Rank } from '@tensorflow/tfjs-core';
import { findChromium } from '../../support/chromium.ts';

describe('hidden units', () => {
  test('by hand: one is dead, two are alike, and what is near 0', () => {
    // Four samples of three units: (1, 2, 0), (0, 0, 0), (3, 6, 0), (0, 0, 0).
    const found = hiddenUnits('ReLU', Float32Array.of(1, 2, 0, 0, 0, 0, 3, 6, 0, 0, 0, 0), 4);
    expect(found).toMatchObject({
      units: 3,
      sparsityAcrossSamples: 0.5,
      sparsityAcrossUnits: 8 / 12,
      verdict: 'bad',
    });
    expect(found.dead).toBeCloseTo(1 / 3, 12);
    expect(found.correlation).toBeCloseTo(1, 12);
    expect(found.sentence).toBe(
      'Bad training: 33 % of the units ignore the input, the others are near 0 for 50 % of the samples, and correlate by 1.00 in the mean.',
    );
  });

  test('units of their own are good', () => {
    const identity = Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0));
    expect(hiddenUnits('ReLU', identity, 8)).toMatchObject({
      verdict: 'good',
      dead: 0,
      sparsityAcrossSamples: 7 / 8,
    });
  });
});

describe('the verdict on the curves', () => {
  const epochs = (
    ...figures: [train: number, trainError: number, held: number, heldError: number][]
  ): EpochFigures[] =>
    figures.map(([loss, errorRate, held, heldError]) => ({
      train: { loss, errorRate },
      validation: { loss: held, errorRate: heldError },
    }));

  const cases: [string, RegExp, EpochFigures[], string?][] = [
    [
      'good',
      /^It learns, and .*: training error 1.00 %, held-out error 2.00 %\.$/,
      epochs([0.5, 0.1, 0.4, 0.1], [0.1, 0.01, 0.1, 0.02]),
    ],
    [
      'bad',
      /^It does not learn: a loss of 2\.310 where guessing gives 2\.303/,
      epochs([2.3, 0.9, 2.3, 0.9], [2.31, 0.9, 2.3, 0.9]),
    ],
    [
      'bad',
      /^The loss rises again: the learning rate is too high/,
      epochs([0.5, 0.1, 0.4, 0.1], [1.1, 0.3, 1.1, 0.3]),
    ],
    ['warning', /^It overfits/, epochs([0.5, 0.1, 0.4, 0.1], [0.01, 0, 0.6, 0.1])],
    ['warning', /^No epoch is finished yet\.$/, []],
    [
      'bad',
      /^It broke off: non-finite loss at step 3\. Take a smaller/,
      epochs([0.5, 0.1, 0.4, 0.1]),
      'non-finite loss at step 3',
    ],
    ['bad', /^It broke off: no space left\.$/, [], 'no space left'],
  ];
  test.each(cases.map(([verdict, sentence, ...rest]) => ({ verdict, sentence, rest })))(
    '$verdict: $sentence',
    ({ verdict, sentence, rest: [figures, failure] }) => {
      const found = judgeCurves(figures, 10, failure);
      expect(found.verdict).toBe(verdict);
      expect(found.sentence).toMatch(sentence);
    },
  );
});

test('tiles stand side by side with a grey line between, each from black to white', () => {
  const picture = (...values: number[]) => ({ height: 1, width: 2, channels: 1, values });
  const address = tiles([picture(0, 4), picture(-1, 1), picture(2, 2)], 2);
  const { width, height, data } = decode(
    Buffer.from(address.replace('data:image/png;base64,', ''), 'base64'),
  );
  expect([width, height]).toEqual([5, 3]);
  expect([...data]).toEqual([0, 255, 128, 0, 255, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128]);
});

/** A report on a network of two layers, whose hidden units have this bias. */
async function report(bias: number, log: readonly LogLine[]): Promise<string> {
  const rng = new Rng(0);
  const hidden = new Linear(120, 16, { rng });
  tidy(() => hidden.params.bias?.assign(fill<Rank.R1>([16], bias)));
  const conv = new Conv2D(1, 6, 3, { rng });
  const network = new Sequential([conv, new Flatten(), hidden, new ReLU(), new Linear(16, 10, { rng })]);
  const inputs = Float32Array.from(rng.normals(60 * 42));
  const labels = Array.from({ length: 60 }, (_, n) => n % 10);
  const data = new ArrayDataset({ name: 'noise', inputs, inputShape: [6, 7, 1], labels, classes: 10 });
  const { numTensors } = memory();
  const html = renderReport(await collectReport('noise & <nothing>', log, network, data));
  expect(memory().numTensors).toBe(numTensors);
  network.dispose();
  return html;
}

const epochLines = (losses: readonly number[]): LogLine[] =>
  losses.map((loss, k) => ({
    ...{ type: 'epoch', step: 10 * (k + 1), epoch: k + 1, train: { loss, errorRate: loss / 3 } },
    ...{
      validation: { loss, errorRate: loss / 3 },
      boxes: [{ path: '0', weight: 1, gradient: 0.1, update: 0.001 }],
    },
  }));

const browser = findChromium();
const named = browser === undefined ? test.skip : test;

describe('a report', () => {
  beforeAll(() => useBackend('cpu'));

  test('says of dead units that the training is bad', async () => {
    const html = await report(-1000, epochLines([2.3, 2.3, 2.3]));
    expect(html).toContain('<b>bad</b> It does not learn');
    expect(html).toContain('<b>bad</b> Bad training: 100 % of the units ignore the input');
    expect(html).toContain('<h1>noise &#38; &#60;nothing&#62;</h1>');
  });

  named(
    `fits a phone${browser === undefined ? ' (skipped: no Chromium is installed)' : ''}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'boxprop-report-'));
      const file = join(folder, 'report.html');
      writeFileSync(file, await report(0, epochLines([2, 1, 0.5])));
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
          expect(await page.evaluate("document.querySelectorAll('svg').length")).toBeGreaterThan(5);
          expect(await page.evaluate('[...document.images].every((i) => i.naturalWidth > 0)')).toBe(true);
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
