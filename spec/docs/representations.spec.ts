import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  drawFigures,
  formatTables,
  type Representations,
} from '../../examples/lecture/representationFigures.ts';
import { PUBLISHED_PROBES } from '../../report/probePage.ts';
import { ROOT } from '../support/runCommand.ts';

/** The chapters on representations show what examples/lecture/representations.ts has measured. */

const read = (name: string) => readFileSync(join(ROOT, 'docs/lecture', name), 'utf8');
const measured = JSON.parse(read('representations.json')) as Representations;
const chapters = ['compare.md', 'probe.md'];

/** Plot moves marks by half a pixel if it finds a test's function `it`, so places are left out. */
const placed = (svg: string) => svg.replace(/<g transform="[^"]*"/g, '<g');

test('each figure is the one of the numbers, and a chapter shows it', () => {
  const figures = Object.entries(drawFigures(measured));
  expect(figures).toHaveLength(4);
  const texts = chapters.map(read).join('');
  for (const [name, svg] of figures) {
    expect(placed(read(name))).toBe(placed(`${svg}\n`));
    expect(texts).toContain(`](${name})`);
  }
});

test('each table has the numbers', () => {
  formatTables(measured).forEach((table, k) => expect(read(chapters[k])).toContain(table));
});

test('each box is most similar to the same box of another seed', () => {
  measured.compare.seeds.cka.forEach((row, i) => {
    const values = row.map(([mean]) => mean);
    expect(values.indexOf(Math.max(...values))).toBe(i);
  });
});

test('the factors by which the errors fall are those of the tables', () => {
  const [first, last] = ['SVM on layer 1', 'SVM on layer 7'].map((name) => {
    const row = PUBLISHED_PROBES.find(({ classifier }) => classifier === name);
    return [row?.caltech101, row?.caltech256].map(([accuracy] = [NaN, NaN]) => 100 - accuracy);
  });
  const { boxes, linear } = measured.probe.trained;
  const [[start], [end]] = [boxes.indexOf('Conv2D 0'), boxes.length - 1].map((k) => linear[k]);
  const factors = [first[0] / last[0], first[1] / last[1], start / end].map((x) => x.toFixed(1));
  const words = `factor of ${factors[0]} on Caltech-101 and of ${factors[1]} on Caltech-256; that of our linear classifier, from Conv2D 0 to Linear 7, by a factor of ${factors[2]}.`;
  expect(read('probe.md').replaceAll('\n', ' ')).toContain(words);
});
