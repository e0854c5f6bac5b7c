import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  drawFigures,
  formatTables,
  type Representations,
} from '../../examples/lecture/representationFigures.ts';
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
