import { readFileSync } from 'node:fs';
import {
  drawPooling,
  poolingTable,
  type PoolingResults,
} from '../../examples/lecture/poolingChart.ts';

/** The chapter about pooling must show the results that its script wrote. */
const read = (file: string) =>
  readFileSync(new URL(`../../docs/lecture/${file}`, import.meta.url), 'utf8');
const results = JSON.parse(read('pooling.json')) as PoolingResults;

test('the table of docs/lecture/pooling.md has the numbers of pooling.json', () => {
  const page = read('pooling.md').replace(/ +/g, ' ');
  for (const row of poolingTable(results)) expect(page).toContain(row);
});

test('the curves of pooling.svg are drawn from pooling.json', () => {
  // Plot moves everything by half a pixel on screens of one density, so only the curves compare.
  const curvesOf = (svg: string) => svg.match(/<path d="M[^"]*L[^"]*L[^"]*"/g);
  const drawn = curvesOf(read('pooling.svg'));
  expect(drawn).toHaveLength(3 * 4);
  expect(curvesOf(drawPooling(results))).toEqual(drawn);
});
