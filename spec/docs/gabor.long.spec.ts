import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import { gaborFigures, gaborTable, type TrainedPair } from '../../examples/lecture/gaborFigures.ts';

/** The chapter about human and machine must show what follows from the trained filters. */
const file = (name: string) => readFileSync(new URL(`../../docs/lecture/${name}`, import.meta.url));
const results = JSON.parse(file('gabor.json').toString()) as {
  readonly numbers: Awaited<ReturnType<typeof gaborFigures>>['numbers'];
  readonly pairs: readonly TrainedPair[];
};

test('the table of docs/lecture/human-and-machine.md has the numbers of gabor.json', () => {
  const page = file('human-and-machine.md').toString().replace(/ +/g, ' ');
  for (const row of gaborTable(results.numbers)) expect(page).toContain(row);
});

test('the numbers and figures follow from the filters in gabor.json', async () => {
  const { numbers, files } = await gaborFigures(results.pairs);
  expect(numbers).toEqual(results.numbers);
  const shapes = (svg: string) => svg.match(/<path d="M[^"]*L[^"]*L[^"]*"|<rect [^>]*>/g) ?? [];
  for (const name of ['gabor-orientation.svg', 'gabor-frequency.svg', 'gabor-noise.svg']) {
    const drawn = shapes(String(files[name]));
    expect(drawn.length).toBeGreaterThan(0);
    expect(shapes(file(name).toString())).toEqual(drawn);
  }
  const picture = files['gabor-filters.png'];
  if (typeof picture === 'string') throw new Error('expected a PNG');
  expect(decode(file('gabor-filters.png')).data).toEqual(decode(picture).data);
}, 60_000);
