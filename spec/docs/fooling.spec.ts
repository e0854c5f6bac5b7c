import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import {
  defenceTable,
  drawGenerations,
  drawImages,
  madeTable,
  signTable,
  transferTable,
  type FoolingResults,
} from '../../examples/lecture/foolingFigures.ts';
import { KINDS } from '../../examples/lecture/foolingNetwork.ts';
import { ROOT } from '../support/runCommand.ts';

/** The chapter on fooling shows what examples/lecture/fooling.ts has measured. */
const read = (name: string) => readFileSync(join(ROOT, 'docs/lecture', name));
const results = JSON.parse(read('fooling.json').toString()) as FoolingResults;
const page = read('fooling.md').toString();

test('the tables have the numbers of fooling.json', () => {
  const narrow = page.replace(/ +/g, ' ');
  for (const table of [signTable, transferTable, madeTable, defenceTable])
    for (const row of table(results)) expect(narrow).toContain(row.replace(/ +/g, ' '));
  expect(results.networks).toHaveLength(KINDS.length * results.seeds);
});

test('the pictures are drawn from fooling.json', () => {
  expect(decode(read('fooling.png')).data).toEqual(decode(drawImages(results)).data);
  // Plot moves everything by half a pixel under Jest, so only the curves compare.
  const curvesOf = (svg: string) => svg.match(/<path d="M[^"]*L[^"]*L[^"]*"/g);
  const drawn = curvesOf(read('fooling.svg').toString());
  expect(drawn).toHaveLength(4);
  expect(curvesOf(drawGenerations(results))).toEqual(drawn);
});

test('the lines of code are those of the sources', () => {
  const [attack] = /const gradient = inputGradient[\s\S]*?0, 1\);/.exec(page) ?? [''];
  const lines = attack.split('\n').map((line) => line.trim());
  const source = readFileSync(join(ROOT, 'inspect/fastGradientSign.ts'), 'utf8');
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(source).toContain(line);
});
