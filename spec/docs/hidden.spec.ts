import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  drawHidden,
  hiddenTable,
  KINDS,
  type HiddenResults,
} from '../../examples/lecture/hiddenFigures.ts';
import { ROOT } from '../support/runCommand.ts';

/** The chapter on good and bad training shows what examples/lecture/hiddenUnits.ts has measured. */
const read = (name: string) => readFileSync(join(ROOT, 'docs/lecture', name), 'utf8');
const results = JSON.parse(read('hidden.json')) as HiddenResults;

test('the table has the numbers of hidden.json', () => {
  const page = read('good-and-bad-training.md').replace(/ +/g, ' ');
  const rows = hiddenTable(results);
  expect(rows).toHaveLength(KINDS.length);
  for (const row of rows) expect(page).toContain(row);
  expect(results.runs).toHaveLength(KINDS.length * results.seeds);
});

test('the curves of hidden.svg are drawn from hidden.json', () => {
  // Plot moves everything by half a pixel under Jest, so only the curves compare.
  const curvesOf = (svg: string) => svg.match(/<path d="M[^"]*L[^"]*L[^"]*"/g);
  const drawn = curvesOf(read('hidden.svg'));
  expect(drawn).toHaveLength(2 * KINDS.length);
  expect(curvesOf(drawHidden(results))).toEqual(drawn);
});
